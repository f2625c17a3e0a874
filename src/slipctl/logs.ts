import { parseArgs } from 'node:util'
import { get } from '../supervisor/api/client.ts'
import { usageError, type VerbContext } from './verb.ts'

const headerBytes = 8
const stderrStream = 2

export async function run({ programArguments, endpoint }: VerbContext): Promise<number> {
  const { values, positionals } = parseArgs({
    args: [...programArguments],
    allowPositionals: true,
    options: {
      follow: { type: 'boolean', short: 'f' },
      tail: { type: 'string', short: 'n' },
      timestamps: { type: 'boolean', short: 't' },
    },
  })
  const [name] = positionals
  if (name === undefined || positionals.length > 1)
    throw usageError('logs takes the name of one container')
  if (values.tail !== undefined && !/^(all|\d+)$/.test(values.tail))
    throw usageError(`--tail takes a number of lines or "all", not "${values.tail}"`)
  const query = new URLSearchParams({ stdout: '1', stderr: '1', tail: values.tail ?? 'all' })
  if (values.follow === true) query.set('follow', '1')
  if (values.timestamps === true) query.set('timestamps', '1')
  const path = `/containers/${encodeURIComponent(name)}/logs?${query}`
  await writeFrames(await get(endpoint, path))
  return 0
}

/** Takes Docker's frames apart and writes each to the stream that it came from. */
export async function writeFrames(frames: AsyncIterable<Buffer>): Promise<void> {
  let pending: Buffer = Buffer.alloc(0)
  for await (const chunk of frames) {
    pending = Buffer.concat([pending, chunk])
    while (pending.length >= headerBytes) {
      const end = headerBytes + pending.readUInt32BE(4)
      if (pending.length < end) break
      const stream = pending.readUInt8(0) === stderrStream ? process.stderr : process.stdout
      stream.write(pending.subarray(headerBytes, end))
      pending = pending.subarray(end)
    }
  }
}
