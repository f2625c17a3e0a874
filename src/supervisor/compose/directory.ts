import { readdir, readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { Problem } from '../../checked-yaml/problem.ts'
import type { PortBinding } from '../containers/spec.ts'
import { overlap } from '../networks/host-ports.ts'
import type { ReleaseImages } from '../release-images/image-set.ts'
import { parseCompose } from './parse.ts'
import type { Project, Service } from './service.ts'

/** What the Compose directory declares; `failedProjects` are those whose files have problems. */
export type Declaration = {
  readonly projects: readonly Project[]
  readonly problems: readonly Problem[]
  /** Files that could not be used: what they declared before must be left as it is. */
  readonly failedFiles: readonly string[]
}

/** More than any Compose file that a person writes; a larger one would only stall the host. */
export const largestFileBytes = 1024 * 1024

/**
 * Reads every `*.yaml` and `*.yml` of a directory. A file with problems does not stop the others;
 * a directory that is not there declares nothing.
 */
export async function loadComposeDirectory(
  directory: string,
  releaseImages: ReleaseImages = {},
): Promise<Declaration> {
  const projects: Project[] = []
  const problems: Problem[] = []
  const failedFiles: string[] = []
  for (const file of await composeFiles(directory)) {
    const read = await readCompose(file, releaseImages)
    if (read === undefined) continue
    const together = read.project === undefined ? [] : conflicts(read.project, projects)
    problems.push(...read.problems, ...together)
    if (read.project === undefined || together.length > 0) failedFiles.push(file)
    else projects.push(read.project)
  }
  return { projects, problems, failedFiles }
}

async function composeFiles(directory: string): Promise<string[]> {
  const names = await readdir(directory).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return []
    throw error
  })
  return names
    .filter((name) => /\.ya?ml$/.test(name) && !name.startsWith('.'))
    .toSorted()
    .map((name) => join(directory, name))
}

/** Undefined when the file is gone since the directory was listed. */
async function readCompose(
  file: string,
  releaseImages: ReleaseImages,
): Promise<ReturnType<typeof parseCompose> | undefined> {
  try {
    const { size } = await stat(file)
    if (size > largestFileBytes)
      return { problems: [wholeFile(file, `larger than ${largestFileBytes} bytes`)] }
    return parseCompose(await readFile(file, 'utf8'), file, releaseImages)
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    if (code === 'ENOENT') return undefined
    if (code === undefined) throw error
    return { problems: [wholeFile(file, message)] }
  }
}

/** What a project claims that an earlier one already has: its name, container names, host ports. */
export function conflicts(project: Project, earlier: readonly Project[]): Problem[] {
  const messages: string[] = []
  const names = new Map<string, string>()
  const networks = new Map<string, string>()
  const ports: { binding: PortBinding; owner: string }[] = []
  for (const other of earlier) {
    if (other.name === project.name)
      messages.push(`the project name "${project.name}" is already used by ${other.file}`)
    for (const service of other.services) {
      names.set(service.containerName, `${other.file}, service ${service.name}`)
      for (const network of definedNetworks(service)) networks.set(network, other.file)
      for (const binding of service.ports)
        ports.push({ binding, owner: `${other.file}, service ${service.name}` })
    }
  }
  for (const service of project.services) {
    const owner = names.get(service.containerName)
    if (owner !== undefined)
      messages.push(`the container name "${service.containerName}" is already used by ${owner}`)
    names.set(service.containerName, `service ${service.name}`)
    for (const network of definedNetworks(service)) {
      const file = networks.get(network)
      if (file !== undefined)
        messages.push(
          `service ${service.name}: the network "${network}" is declared by ${file}: make it external here`,
        )
    }
    for (const binding of service.ports) {
      const taken = ports.find((port) => overlap(port.binding, binding))
      if (taken !== undefined)
        messages.push(
          `service ${service.name}: the port ${binding.hostPort}/${binding.protocol} of the host is already used by ${taken.owner}`,
        )
      ports.push({ binding, owner: `service ${service.name}` })
    }
  }
  return messages.map((message) => wholeFile(project.file, message))
}

function definedNetworks({ networks = [] }: Service): string[] {
  return networks.flatMap(({ name, definition }) => (definition === undefined ? [] : [name]))
}

function wholeFile(file: string, message: string): Problem {
  return { file, line: 1, column: 1, path: '', message }
}
