"""Classic rules, one small file each, every one with a `SPEC` and a `build`."""
