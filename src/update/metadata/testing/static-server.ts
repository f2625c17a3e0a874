import type { TestContext } from 'node:test'
import { type DirectoryServer, serveDirectory } from '../../../start/directory-server.ts'

export type StaticServer = DirectoryServer & { readonly url: URL }

/** Serves a directory on loopback until the test ends. */
export async function startStaticServer(
  context: TestContext,
  directory: string,
): Promise<StaticServer> {
  const server = await serveDirectory(directory)
  context.after(server.stop)
  return Object.assign(server, { url: new URL(`http://127.0.0.1:${server.port}/`) })
}
