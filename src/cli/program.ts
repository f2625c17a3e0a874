import { Command } from 'commander'
import { benchCommand } from './bench.ts'
import { buildCommand } from './build.ts'
import { cleanCommand } from './clean.ts'
import { configCommand } from './config.ts'
import { ctlCommand } from './ctl.ts'
import { fleetLockCommand } from './fleet-lock.ts'
import { imageCommand } from './image.ts'
import { keysCommand } from './keys.ts'
import { version } from './project.ts'
import { releaseCommand } from './release.ts'
import { startCommand } from './start.ts'
import { testCommand } from './test.ts'

/** The command line of `slipway`, with all its verbs. */
export function slipwayProgram(): Command {
  const program = new Command('slipway')
    .description('Builds, boots, tests and releases images of a minimal container host OS.')
    .version(version)
    // What follows a verb is the verb's: build has a --version of its own.
    .enablePositionalOptions()
    .showHelpAfterError('(see slipway --help)')
    .exitOverride()
  for (const command of [
    buildCommand(),
    imageCommand(),
    configCommand(),
    startCommand(),
    keysCommand(),
    releaseCommand(),
    testCommand(),
    benchCommand(),
    fleetLockCommand(),
    ctlCommand(),
    cleanCommand(),
  ])
    program.addCommand(inherit(command, program))
  return program
}

/** Groups have their commands already, which are to end in the same way on a wrong call. */
function inherit(command: Command, from: Command): Command {
  command.copyInheritedSettings(from)
  for (const each of command.commands) inherit(each, command)
  return command
}
