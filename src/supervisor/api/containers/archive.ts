import type { BigIntStats } from 'node:fs'
import type { ServerResponse } from 'node:http'
import { posix } from 'node:path'
import { engineErrors } from '../../../errors/engine.ts'
import {
  type RootInUse,
  withContainerRoot,
  withOwnFiles,
} from '../../container-files/container-root.ts'
import { extract } from '../../container-files/extract.ts'
import { bytesOf } from '../../container-files/held-directory.ts'
import { heldDirectory, isNotFound, type Located, locate } from '../../container-files/locate.ts'
import { pack } from '../../container-files/pack.ts'
import { baseName, type PathStat, pathStat } from '../../container-files/path-stat.ts'
import { checkWritable } from '../../container-files/writable.ts'
import type { Container } from '../../containers/container.ts'
import { isDecompressionError } from '../../images/decompress.ts'
import { TarFormatError } from '../../images/tar-header.ts'
import type { ApiContext } from '../context.ts'
import { HttpError } from '../http-error.ts'
import { giveUpWhenIdle } from '../idle.ts'
import { bodyOf, flag, sendNothing } from '../request.ts'
import type { ContainerRequest } from './find.ts'

/** `HEAD /containers/{id}/archive`: what a path is. */
export async function statPath({
  context,
  container,
  path: [name = ''],
  query,
  response,
}: ContainerRequest): Promise<void> {
  const asked = askedPath(query)
  const { id } = container
  const stat = await withContainerRoot(id, filesOf(context), ({ root }) =>
    withFound({ root, asked, name }, async (found) => await pathStat(root, found, asked)),
  )
  tellStat(response, stat)
  sendNothing(response, 200)
}

/** `GET /containers/{id}/archive`: what is at a path, as a tar. */
export async function readArchive({
  context,
  container,
  path: [name = ''],
  query,
  response,
}: ContainerRequest): Promise<void> {
  const asked = askedPath(query)
  const { id } = container
  giveUpWhenIdle(response)
  await withContainerRoot(id, filesOf(context), async ({ root, container }) => {
    await withFound({ root, asked, name }, async (found) => {
      tellStat(response, await pathStat(root, found, asked))
      sendTar(response)
      context.supervisor.lifecycle.publish(container, 'archive-path')
      const base = baseName(asked)
      const mapping = container.userNamespace
      if (found.status.isDirectory()) {
        await using directory = await heldDirectory(found)
        const as = base === '/' ? '' : bytesOf(base)
        await pack({ directory, name: '.', as, mapping }, response)
      } else {
        const { parent: directory, name } = found
        await pack({ directory, name, as: bytesOf(base), mapping }, response)
      }
    })
  })
  response.end()
}

/** `PUT /containers/{id}/archive`: writes what a tar holds into a directory. */
export async function writeArchive({
  context,
  container,
  path: [name = ''],
  query,
  request,
  response,
}: ContainerRequest): Promise<void> {
  const asked = askedPath(query)
  const { id } = container
  giveUpWhenIdle(request)
  await withContainerRoot(id, filesOf(context), async ({ root, container }) => {
    await using found = await located({ root, asked, name, follow: true })
    if (found.status === undefined) throw noSuchFile({ root, asked, name })
    if (!found.status.isDirectory()) throw engineErrors.error('SLIPWAY_ENGINE_NOT_A_DIRECTORY')
    checkWritable(container, Buffer.from(found.path, 'latin1').toString('utf8'))
    const owner = flag(query, 'copyUIDGID') ? await userOf(context, container) : undefined
    await extractBody(bodyOf(request), {
      root,
      directory: found.path,
      keepKinds: flag(query, 'noOverwriteDirNonDir'),
      ...(owner && { owner }),
      mapping: container.userNamespace,
    })
    context.supervisor.lifecycle.publish(container, 'extract-to-dir')
  })
  sendNothing(response, 200)
}

/** `GET /containers/{id}/export`: its own file system, without what is mounted in it. */
export async function exportContainer({
  context,
  container,
  response,
}: ContainerRequest): Promise<void> {
  giveUpWhenIdle(response)
  await withOwnFiles(container.id, filesOf(context), async (directory) => {
    response.writeHead(200, { 'Content-Type': 'application/octet-stream' })
    context.supervisor.lifecycle.publish(container, 'export')
    const mapping = container.userNamespace
    await pack({ directory, name: '.', oneFileSystem: true, mapping }, response)
  })
  response.end()
}

type Asked = { readonly root: RootInUse['root']; readonly asked: string; readonly name: string }

async function withFound<T>(
  asked: Asked,
  use: (found: Located & { readonly status: BigIntStats }) => Promise<T>,
): Promise<T> {
  await using found = await located({ ...asked, follow: false })
  const { status } = found
  if (status === undefined) throw noSuchFile(asked)
  return await use({ ...found, status })
}

async function located({
  follow,
  ...asked
}: Asked & { readonly follow: boolean }): Promise<Located> {
  try {
    return await locate(asked.root, bytesOf(asked.asked), { follow })
  } catch (error) {
    if (!isNotFound(error)) throw error
    if (error.code === 'ENOTDIR') throw new HttpError(400, `lstat ${asked.asked}: not a directory`)
    throw noSuchFile(asked)
  }
}

function noSuchFile({ asked, name }: Asked): Error {
  return engineErrors.error('SLIPWAY_ENGINE_NO_SUCH_FILE', { path: asked, name })
}

/** The path as Docker cleans it: absolute, and with its slash or `/.` at the end if it had one. */
function askedPath(query: URLSearchParams): string {
  const path = query.get('path') ?? ''
  if (path === '') throw new HttpError(400, 'bad parameter: pathcannot be empty')
  if (path.includes('\0')) throw new HttpError(400, 'bad parameter: path has a zero byte')
  const clean = posix.join('/', path).replace(/(?<=.)\/$/, '')
  if (/(?:^|\/)\.$/.test(path)) return clean === '/' ? '/.' : `${clean}/.`
  return path.endsWith('/') && clean !== '/' ? `${clean}/` : clean
}

function filesOf({ supervisor, directories }: ApiContext) {
  const { lifecycle, volumes } = supervisor
  return { lifecycle, volumes, directories }
}

function tellStat(response: ServerResponse, stat: PathStat): void {
  response.setHeader(
    'X-Docker-Container-Path-Stat',
    Buffer.from(JSON.stringify(stat)).toString('base64'),
  )
}

function sendTar(response: ServerResponse): void {
  response.writeHead(200, { 'Content-Type': 'application/x-tar' })
  response.flushHeaders()
}

async function userOf(context: ApiContext, container: Container) {
  if ((container.spec.user ?? container.image.config.User ?? '') === '') return undefined
  const { uid, gid } = await context.supervisor.runtime.lookUpUser(container)
  return { uid, gid }
}

/** Only processes of the container's own user namespace can make something in what was mounted by it. */
function isUnmapped(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'EOVERFLOW'
}

async function extractBody(
  body: AsyncIterable<Buffer>,
  options: Parameters<typeof extract>[1],
): Promise<void> {
  try {
    await extract(body, options)
  } catch (error) {
    if (error instanceof TarFormatError || isDecompressionError(error))
      throw new HttpError(400, `the archive cannot be read: ${error.message}`)
    if (options.mapping !== undefined && isUnmapped(error))
      throw engineErrors.error('SLIPWAY_ENGINE_ARCHIVE_NO_OWNER', {}, error)
    throw error
  }
}
