import { stdin, stdout } from 'node:process'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import type { Endpoint } from '../../supervisor/api/endpoint.ts'
import { table } from '../table.ts'
import type { VerbContext } from '../verb.ts'
import { look } from './look.ts'
import { cellsOf, type Look, type Row, rowsOf } from './rows.ts'
import { Screen } from './screen.ts'

const intervalMs = 2000
/** As long as `docker stats` compares over. */
const onceMs = 1000

/**
 * Shows what containers use, live on a terminal until q or Ctrl-C; where there is no terminal, or
 * by --once, one time. By --json as an array of rows, one line each time.
 */
export async function run({ programArguments, endpoint }: VerbContext): Promise<number> {
  const { values } = parseArgs({
    args: [...programArguments],
    options: { once: { type: 'boolean' }, json: { type: 'boolean' } },
  })
  const text = values.json === true ? (rows: Row[]) => `${JSON.stringify(rows)}\n` : screenful
  if (values.once === true || (values.json !== true && !stdout.isTTY)) {
    const before = await look(endpoint)
    await sleep(onceMs)
    stdout.write(text(rowsOf(await look(endpoint), before)))
  } else if (values.json === true)
    await follow(endpoint, neverEnds, (rows) => stdout.write(text(rows)))
  else {
    const screen = new Screen(stdin, stdout)
    try {
      await follow(endpoint, screen.ended, (rows) => screen.show(text(rows)))
    } finally {
      screen.close()
    }
  }
  return 0
}

const neverEnds = new AbortController().signal

async function follow(
  endpoint: Endpoint,
  ended: AbortSignal,
  show: (rows: Row[]) => void,
): Promise<void> {
  let before: readonly Look[] = []
  while (!ended.aborted) {
    const looks = await look(endpoint)
    show(rowsOf(looks, before))
    before = looks
    await sleep(intervalMs, undefined, { signal: ended }).catch((error: Error) => {
      if (error.name !== 'AbortError') throw error
    })
  }
}

function screenful(rows: Row[]): string {
  return table(cellsOf(rows))
}
