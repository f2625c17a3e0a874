/** A command that a client wants run in a container. */
export type ExecConfig = {
  readonly command: readonly string[]
  readonly terminal: boolean
  readonly stdin: boolean
  readonly stdout: boolean
  readonly stderr: boolean
  /** `user[:group]` instead of the container's. */
  readonly user?: string
  readonly workingDirectory?: string
  /** `NAME=value`, after the container's. */
  readonly environment: readonly string[]
  readonly privileged: boolean
}

/** Such a command and what became of it; forgotten with its container, and with the supervisor. */
export type ExecSession = {
  readonly id: string
  readonly containerId: string
  readonly config: ExecConfig
  readonly state: 'created' | 'running' | 'ended'
  readonly pid: number
  readonly exitCode: number | undefined
}

/** Docker's exit code of a command that could not be started, whyever. */
export const neverRan = 126
