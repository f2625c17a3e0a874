import { readFile } from 'node:fs/promises'
import { Connections } from '../../http/connection.ts'
import { describeError } from '../../journal/log.ts'

const timeouts = { connectMs: 10_000, headersMs: 10_000, stallMs: 10_000 }

/**
 * Why the update server does not answer; undefined when it does. Any status below 500 is an answer: what the
 * server has is the next check's business, and must not cost a release that can ask for it.
 */
export async function serverAnswers(
  base: string,
  signal: AbortSignal,
  certificateFile?: string,
): Promise<string | undefined> {
  const url = new URL('metadata/timestamp.json', base)
  const connections = new Connections(timeouts)
  try {
    const certificateAuthority =
      certificateFile === undefined ? undefined : await readFile(certificateFile, 'utf8')
    const { status, body } = await connections.get({
      url,
      headers: {},
      signal,
      certificateAuthority,
    })
    body.destroy()
    return status < 500 ? undefined : `${url.host} answered ${status}`
  } catch (error) {
    return `${url.host}: ${describeError(error)}`
  } finally {
    connections.close()
  }
}
