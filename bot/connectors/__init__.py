"""The systems of others that this desk is connected to, a folder for each.

In a folder, as far as the system needs them: ``settings`` (what switches it on), ``deliver`` (what is sent to it or
asked of it), ``receive`` (what it posts to us: checked, then read), ``check`` (what ``refund-desk doctor`` looks at).
"""
