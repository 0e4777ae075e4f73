"""Files of orders, read as streams: our own formats and the exports of other systems, a module each.

An export is mapped to our fields and nothing is made up: what it does not tell has to be added as a column of our name,
or stated for the whole file.
"""
