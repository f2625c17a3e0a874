import { mkdir, rm, writeFile } from 'node:fs/promises'
import { containerPaths } from '../directories.ts'
import { execProcess } from './process.ts'
import type { ExecRun } from './sessions.ts'

/** A command and where it is to run. */
export type ExecInContainer = Pick<ExecRun, 'container' | 'session' | 'runtime' | 'directories'>

/** Where the files of a command are while it runs. */
export type ExecFiles = {
  readonly directory: string
  readonly process: string
  readonly pidFile: string
  /** What the runtime itself has to say. */
  readonly runtimeLog: string
  readonly logFile: string
  readonly exitFile: string
}

/** Writes what the runtime reads of a command. Throws SLIPWAY_SUPERVISOR_USER_UNKNOWN, and as `AppArmor.profileFor`. */
export async function prepareExec({
  container,
  session,
  runtime,
  directories,
}: ExecInContainer): Promise<ExecFiles> {
  const { config, id } = session
  const directory = `${containerPaths(directories, container.id).bundle}/exec/${id.slice(0, 16)}`
  const user = await runtime.lookUpUser(container, config.user)
  await mkdir(directory, { recursive: true, mode: 0o700 })
  const files = {
    directory,
    process: `${directory}/process.json`,
    pidFile: `${directory}/pid`,
    runtimeLog: `${directory}/runtime.log`,
    logFile: `${directory}/output.log`,
    exitFile: `${directory}/exits/${container.id}`,
  }
  const process = execProcess(container, config, {
    user,
    ownCapabilities: await runtime.ownCapabilities(),
    // As in Docker, a privileged command has the capabilities and yet the container's profile.
    apparmorProfile: await runtime.apparmor.profileFor(container.spec.security),
  })
  await writeFile(files.process, JSON.stringify(process), { mode: 0o600 })
  return files
}

export async function removeExecFiles({ directory }: ExecFiles): Promise<void> {
  await rm(directory, { recursive: true, force: true })
}
