import type { Container } from '../containers/container.ts'
import {
  environmentOf,
  type ProcessSpec,
  type ProcessSurroundings,
  processBasics,
  workingDirectoryOf,
} from '../runtime/spec.ts'
import type { ExecConfig } from './session.ts'

/** The process that the runtime makes in a running container for a command. */
export function execProcess(
  container: Container,
  config: ExecConfig,
  surroundings: ProcessSurroundings,
): ProcessSpec {
  return {
    ...processBasics(container, surroundings, config.privileged),
    terminal: config.terminal,
    args: config.command,
    env: withVariables(environmentOf(container, surroundings.user.home), [
      ...(config.terminal ? ['TERM=xterm'] : []),
      ...config.environment,
    ]),
    cwd: config.workingDirectory ?? workingDirectoryOf(container),
  }
}

function withVariables(environment: readonly string[], more: readonly string[]): string[] {
  const nameOf = (assignment: string) => assignment.split('=', 1)[0] ?? ''
  const replaced = new Set(more.map(nameOf))
  return [...environment.filter((assignment) => !replaced.has(nameOf(assignment))), ...more]
}
