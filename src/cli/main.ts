import { Command, CommanderError } from 'commander'
import { benchCommand } from './bench.ts'
import { buildCommand } from './build.ts'
import { cleanCommand } from './clean.ts'
import { imageCommand } from './image.ts'
import { version } from './project.ts'
import { reportError } from './report-error.ts'
import { startCommand } from './start.ts'
import { testCommand } from './test.ts'

const program = new Command('slipway')
  .description('Builds, boots and tests images of a minimal container host OS.')
  .version(version)
  .showHelpAfterError('(see slipway --help)')
  .exitOverride()

for (const command of [
  buildCommand(),
  imageCommand(),
  startCommand(),
  testCommand(),
  benchCommand(),
  cleanCommand(),
])
  program.addCommand(command.copyInheritedSettings(program))

try {
  await program.parseAsync()
} catch (error) {
  // commander has printed its own by now; --help and --version end here too.
  process.exitCode =
    error instanceof CommanderError
      ? error.exitCode === 0
        ? 0
        : 2
      : reportError(error, process.argv.includes('--json'))
}
