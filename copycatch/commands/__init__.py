"""One file per group of commands; each lists its own in `COMMANDS`, and `copycatch.cli` names the module of each.

Commands are thin: they read the options, call the package that does the work, and print. What every command shares is
`in_workspace` in `copycatch.commands.options`.
"""
