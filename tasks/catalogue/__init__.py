"""The benchmarks by name: one TOML file a family, read into `Entry` values, and the benchmarks that average them."""
