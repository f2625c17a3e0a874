import { parseArgs } from 'node:util'
import { systemHost } from './system-host.ts'
import { takeTurn } from './turn.ts'

const usage = `Usage: slipway-host update

Takes one turn of the update agent and ends: carries out what slipctl update asked for, looks for a
release when it is time, writes it, reboots when the settings allow it, and arranges the next turn.
slipway-update.service runs it. /etc/slipway/update.yaml has the settings.

Options:
  --help   this text

Exit status: 0 the turn is over, whatever was found; 1 it could not be taken; 2 wrong usage.
`

/** Gives the exit status. */
export async function main(programArguments: readonly string[]): Promise<number> {
  const { values } = parseArgs({
    args: [...programArguments],
    options: { help: { type: 'boolean', short: 'h' } },
  })
  if (values.help === true) {
    process.stdout.write(usage)
    return 0
  }
  const stopping = new AbortController()
  process.once('SIGTERM', () => stopping.abort())
  const host = systemHost(stopping.signal)
  try {
    await takeTurn(host)
  } catch (error) {
    if (!stopping.signal.aborted) throw error
    host.log('notice', 'The turn was stopped; the next one goes on.')
  }
  return 0
}
