"""A week's leaf cells become cells that may be published."""
