import { CommanderError } from 'commander'
import { slipwayProgram } from './program.ts'
import { reportError } from './report-error.ts'

try {
  await slipwayProgram().parseAsync()
} catch (error) {
  // commander has printed its own by now; --help and --version end here too.
  process.exitCode =
    error instanceof CommanderError
      ? error.exitCode === 0
        ? 0
        : 2
      : reportError(error, process.argv.includes('--json'))
}
