"""An example of a process that is only files: an expense claim with forms of form-js. It is not deployed by itself."""
