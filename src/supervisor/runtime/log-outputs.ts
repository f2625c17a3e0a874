import type { Container } from '../containers/container.ts'
import type { ContainerLog } from '../containers/spec.ts'
import type { LogDriver, LogOutputs } from './conmon.ts'

/** How many times its size a log file may have while no supervisor runs. */
const slackOfFiles = 8

/** Where the output of a container is kept, on a host with this driver. */
export function logOutputs(
  { origin, spec }: Pick<Container, 'origin' | 'spec'>,
  hostDriver: LogDriver,
): LogOutputs {
  const journal = hostDriver === 'journald'
  if (origin.kind === 'declared' && spec.log === undefined) return { journal, file: !journal }
  const { driver, maximumBytes, maximumFiles = 1 }: ContainerLog = spec.log ?? usualLog
  // Of several files the supervisor ends each at its size; conmon alone would keep the last.
  const most = maximumFiles > 1 ? slackOfFiles : 1
  return {
    // Attached clients read from the file, so there is always one.
    journal: journal && driver === 'journald',
    file: true,
    ...(maximumBytes === undefined ? {} : { maximumBytes: most * maximumBytes }),
  }
}

const usualLog: ContainerLog = { driver: 'json-file' }
