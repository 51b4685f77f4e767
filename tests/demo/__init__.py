"""The bundled demo hunt's sources, its answers in clear, and the proof that it can be solved from its pages."""
