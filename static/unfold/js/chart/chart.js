// Empty on purpose: see static/shell/README.md.
