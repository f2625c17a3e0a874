import type { IncomingMessage, ServerResponse } from 'node:http'

/** Who neither reads nor writes for so long has gone: what is held for an archive is let go. */
const idleTimeoutMs = 60_000

export function giveUpWhenIdle(stream: IncomingMessage | ServerResponse): void {
  stream.setTimeout(idleTimeoutMs, () => stream.destroy())
  // From then on we are the ones who take their time.
  if ('complete' in stream) stream.once('end', () => stream.setTimeout(0))
}
