"""A billing system of the company's own, over HTTP (docs/connect/billing-gateway.openapi.yml)."""
