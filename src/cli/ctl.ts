import { Command } from 'commander'
import { main, usage } from '../slipctl/main.ts'
import { version } from './project.ts'

/** What slipctl is on a host, for hosts elsewhere: nobody logs in there. */
export function ctlCommand(): Command {
  return (
    new Command('ctl')
      .description('Ask a host elsewhere what slipctl asks there, by its API over mutual TLS.')
      .usage('--context NAME | --host tcp://HOST [--certificates DIR] COMMAND…')
      // All that follows is slipctl's.
      .allowUnknownOption()
      .passThroughOptions()
      .argument('[arguments...]', 'as those of slipctl')
      .addHelpText('after', `\n${usage}`)
      .action(async (_arguments: string[], _options: object, command: Command) => {
        process.exitCode = await main(command.args, version)
      })
  )
}
