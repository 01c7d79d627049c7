"""The commands, one file per group. Each module lists its commands in `COMMANDS`; `copycatch.cli` gathers them.

Commands are thin: they read the options, call the package that does the work, and print. What every command shares is
`in_workspace` in `copycatch.commands.options`.
"""
