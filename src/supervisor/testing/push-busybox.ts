// Runs in a test's world, where the registry is: pushes an image made of busybox to the registry
// that is named by the first argument, under a tag and with a page; prints its digest.
import { readFile } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { layerTar } from '../images/testing/layer-tar.ts'
import { requiredProgram } from '../images/testing/programs.ts'
import { push, testImage } from '../images/testing/test-image.ts'

const applets = ['sh', 'httpd', 'sleep', 'echo', 'cat', 'id', 'ls', 'kill', 'mknod', 'unshare']

const [registry = '', tag = '', page = ''] = process.argv.slice(2)
await waitFor(registry)
const layer = layerTar([
  { name: './', type: 'directory', mode: 0o755 },
  { name: 'bin/', type: 'directory', mode: 0o755 },
  {
    name: 'bin/busybox',
    mode: 0o755,
    content: await readFile(requiredProgram('busybox', 'busybox-static')),
  },
  ...applets.map((name) => ({
    name: `bin/${name}`,
    type: 'symbolic link' as const,
    linkName: 'busybox',
  })),
  { name: 'etc/', type: 'directory', mode: 0o755 },
  { name: 'etc/passwd', content: 'root:x:0:0::/root:/bin/sh\nweb:x:1000:1000::/www:/bin/sh\n' },
  { name: 'etc/group', content: 'root:x:0:\nweb:x:1000:\nlogs:x:44:web\n' },
  { name: 'www/', type: 'directory', mode: 0o755, uid: 1000, gid: 1000 },
  { name: 'www/index.html', uid: 1000, gid: 1000, content: page },
])

const config = { Env: ['PATH=/bin'], Cmd: ['httpd', '-f', '-p', '80', '-h', '/www'] }
const image = testImage([layer], { config })
await push(registry, 'test/busybox', tag, image)
process.stdout.write(image.manifest.digest)

async function waitFor(host: string): Promise<void> {
  for (let attempt = 0; attempt < 1200; attempt += 1) {
    const response = await fetch(`http://${host}/v2/`).catch(() => undefined)
    if (response?.ok === true) return
    await sleep(50)
  }
  throw new Error(`no registry answers at ${host}`)
}
