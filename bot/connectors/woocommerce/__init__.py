"""WooCommerce as the shop, and as the system that moves the money (docs/connect/woocommerce.md)."""
