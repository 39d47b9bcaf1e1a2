"""What tests read results with: pages, releases and tables, by other means than the product's."""
