import type { LogOutputs } from '../runtime/conmon.ts'
import { journaldLines } from './journald.ts'
import { k8sFileLines, logSize } from './k8s-file.ts'
import { type LogLine, type LogQuery, timestampNs } from './log-line.ts'

/** Where a container's output is, and until when there may be more of it. */
export type LogSource = {
  readonly id: string
  readonly file: string
  readonly outputs: LogOutputs
  /** Aborts when the container has ended. */
  readonly ended: AbortSignal
}

export type ContainerLogQuery = LogQuery & {
  /** Nanoseconds since the epoch. */
  readonly sinceNs?: bigint | undefined
  readonly untilNs?: bigint | undefined
}

/** The journal does not know when a container's output is complete: a moment after its end. */
const journalGraceMs = 1_000

/** A container's output, from the file if there is one, else from the journal. */
export async function* containerLines(
  source: LogSource,
  query: ContainerLogQuery,
): AsyncGenerator<LogLine> {
  const { sinceNs, untilNs } = query
  const lines = source.outputs.file
    ? k8sFileLines(source.file, { ...query, ended: source.ended })
    : journaldLines(source.id, untilSilent(query, source.ended))
  for await (const line of lines) {
    const timeNs = timestampNs(line.timestamp)
    if (untilNs !== undefined && timeNs > untilNs) return
    if (sinceNs === undefined || timeNs >= sinceNs) yield line
  }
}

/** What a container writes from now on. */
export async function linesFromNow(
  source: LogSource,
  signal: AbortSignal,
): Promise<AsyncGenerator<LogLine>> {
  const query = { follow: true, signal }
  if (!source.outputs.file)
    return journaldLines(source.id, untilSilent({ ...query, tail: 0 }, source.ended))
  const fromBytes = await logSize(source.file)
  return k8sFileLines(source.file, { ...query, fromBytes, ended: source.ended })
}

function untilSilent(query: LogQuery, ended: AbortSignal): LogQuery {
  if (!query.follow) return query
  const silent = new AbortController()
  const end = () => setTimeout(() => silent.abort(), journalGraceMs)
  if (ended.aborted) end()
  else ended.addEventListener('abort', end, { once: true })
  return { ...query, signal: AbortSignal.any([query.signal, silent.signal]) }
}
