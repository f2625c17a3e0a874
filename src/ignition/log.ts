import { type Problem, problemText } from '../ignition-schema/index.ts'

export type Log = {
  info(message: string): void
  error(message: string): void
  problem(problem: Problem): void
}

/** Lines of the form `ignition: error: …`; information goes to standard output if told so. */
export function openLog(toStdout: boolean): Log {
  const write = (stream: NodeJS.WriteStream, severity: string, message: string) =>
    stream.write(`ignition: ${severity}: ${message}\n`)
  return {
    info: (message) => write(toStdout ? process.stdout : process.stderr, 'info', message),
    error: (message) => write(process.stderr, 'error', message),
    problem: (problem) => write(process.stderr, problem.severity, problemText(problem)),
  }
}
