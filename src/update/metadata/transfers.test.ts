import assert from 'node:assert/strict'
import { readFile, rm, writeFile } from 'node:fs/promises'
import type { ServerResponse } from 'node:http'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { storedTarget } from './target-paths.ts'
import { openWorld, type World } from './testing/host.ts'
import { startStaticServer } from './testing/static-server.ts'

/** A host that has refreshed, and the /usr image of the newest release. */
async function ready(world: World) {
  const client = world.client()
  await client.refresh()
  const { releases } = await client.channel('stable', 'qemu')
  const { usr } = await client.release(releases.at(-1)?.release ?? '')
  const file = join(world.workshop.served, 'targets', storedTarget(usr.target, usr.sha256))
  world.server.requests.length = 0
  return { client, usr, file, content: await readFile(file) }
}

/** Replaces a published file, which may be another name of the repository's. */
async function replace(file: string, content: Uint8Array): Promise<void> {
  await rm(file)
  await writeFile(file, content)
}

/** Reads until the end or the error; gives what came. */
async function read(pieces: AsyncIterable<Buffer>): Promise<{ bytes: Buffer; error: unknown }> {
  const received: Buffer[] = []
  let error: unknown
  try {
    for await (const piece of pieces) received.push(piece)
  } catch (thrown) {
    error = thrown
  }
  return { bytes: Buffer.concat(received), error }
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : error
}

test('a damaged file is refused, and its last piece is never given', async (t) => {
  const world = await openWorld(t)
  const { client, usr, file, content } = await ready(world)
  const damaged = Buffer.from(content)
  damaged.writeUInt8(damaged.readUInt8(70_000) ^ 1, 70_000)
  await replace(file, damaged)
  const { bytes, error } = await read(client.download(usr))
  assert.equal(codeOf(error), 'SLIPWAY_UPDATE_TARGET_DAMAGED')
  assert.ok(bytes.length < usr.sizeBytes)
  await replace(file, content)
  assert.ok((await read(client.download(usr))).bytes.equals(content))
})

test('a file that is longer or shorter than signed is refused', async (t) => {
  const world = await openWorld(t)
  const { client, usr, file, content } = await ready(world)
  for (const wrong of [Buffer.concat([content, Buffer.from('x')]), content.subarray(1)]) {
    await replace(file, wrong)
    const { error } = await read(client.download(usr))
    assert.equal(codeOf(error), 'SLIPWAY_UPDATE_TARGET_WRONG_LENGTH')
  }
})

test('a file that is shorter than what is present of it is refused', async (t) => {
  const world = await openWorld(t)
  const { client, usr, file, content } = await ready(world)
  await replace(file, content.subarray(0, 30_000))
  const present = Readable.from([content.subarray(0, 40_000)])
  const { error } = await read(client.download(usr, { present }))
  assert.equal(codeOf(error), 'SLIPWAY_UPDATE_TARGET_WRONG_LENGTH')
})

test('a file without an announced length is cut off when it is longer than signed', async (t) => {
  const world = await openWorld(t)
  const { client, usr, content } = await ready(world)
  let sent = 0
  world.server.intercept = (_, response) => {
    response.writeHead(200)
    flood(response, () => {
      sent += content.length
      return content
    })
    return true
  }
  const { error } = await read(client.download(usr))
  assert.equal(codeOf(error), 'SLIPWAY_UPDATE_TARGET_WRONG_LENGTH')
  assert.ok(sent < 200 * content.length)
})

test('a download goes on after a cut where it stopped', async (t) => {
  const world = await openWorld(t)
  const { client, usr, content } = await ready(world)
  let cuts = 0
  world.server.intercept = (_, response) => {
    if (cuts++ > 0) return false
    response.writeHead(200, { 'content-length': content.length })
    response.write(content.subarray(0, 60_000), () => setImmediate(() => response.destroy()))
    return true
  }
  const { bytes, error } = await read(client.download(usr))
  assert.equal(error, undefined)
  assert.ok(bytes.equals(content))
  const [, second = ''] = world.server.requests
  assert.match(second, /@\d+$/)
  assert.ok(Number(second.split('@')[1]) > 0)
})

test('a download goes on from what an earlier one has left', async (t) => {
  const world = await openWorld(t)
  const { client, usr, content } = await ready(world)
  const present = Readable.from([content.subarray(0, 500), content.subarray(500, 40_000)])
  const { bytes } = await read(client.download(usr, { present }))
  assert.ok(bytes.equals(content.subarray(40_000)))
  assert.match(world.server.requests[0] ?? '', /@40000$/)
})

test('what is present already is only checked', async (t) => {
  const world = await openWorld(t)
  const { client, usr, content } = await ready(world)
  const { bytes, error } = await read(client.download(usr, { present: Readable.from([content]) }))
  assert.deepEqual([bytes.length, error, world.server.requests], [0, undefined, []])
})

test('a wrong beginning is found at the end, a beginning that is too long at once', async (t) => {
  const world = await openWorld(t)
  const { client, usr, content } = await ready(world)
  const wrong = Buffer.alloc(40_000)
  const damaged = await read(client.download(usr, { present: Readable.from([wrong]) }))
  assert.equal(codeOf(damaged.error), 'SLIPWAY_UPDATE_TARGET_DAMAGED')
  const long = Readable.from([content, Buffer.from('x')])
  const { error } = await read(client.download(usr, { present: long }))
  assert.equal(codeOf(error), 'SLIPWAY_UPDATE_TARGET_WRONG_LENGTH')
})

test('a server that knows no ranges sends all, and what is present is left out', async (t) => {
  const world = await openWorld(t)
  const { client, usr, content } = await ready(world)
  world.server.intercept = (_, response) => {
    response.writeHead(200, { 'content-length': content.length }).end(content)
    return true
  }
  const present = Readable.from([content.subarray(0, 40_000)])
  const { bytes } = await read(client.download(usr, { present }))
  assert.ok(bytes.equals(content.subarray(40_000)))
})

test('a server that is gone half-way is reported, and the download goes on when it is back', async (t) => {
  const world = await openWorld(t)
  const { client, usr, content } = await ready(world)
  world.server.intercept = (_, response) => {
    response.writeHead(200, { 'content-length': content.length })
    // In two pieces, since the last one that came is not given before the whole is checked.
    response.write(content.subarray(0, 30_000))
    void sleep(300).then(() =>
      response.write(content.subarray(30_000, 60_000), () => void world.server.stop()),
    )
    return true
  }
  const { bytes, error } = await read(client.download(usr))
  assert.equal(codeOf(error), 'SLIPWAY_UPDATE_TRANSFER_BROKEN')
  assert.ok(bytes.length > 0 && bytes.length <= 60_000)
  const { url } = await startStaticServer(t, world.workshop.served)
  const again = world.client({ url })
  await again.refresh()
  const rest = await read(again.download(usr, { present: Readable.from([bytes]) }))
  assert.ok(Buffer.concat([bytes, rest.bytes]).equals(content))
})

test('a server that is not there is reported as such', async (t) => {
  const world = await openWorld(t)
  await world.client().refresh()
  await world.server.stop()
  await assert.rejects(world.client().refresh(), { code: 'SLIPWAY_UPDATE_SERVER_UNREACHABLE' })
})

test('a download that only trickles is given up', async (t) => {
  const world = await openWorld(t)
  const { client, usr, content } = await ready(world)
  world.server.intercept = (_, response) => {
    response.writeHead(200, { 'content-length': content.length })
    trickle(response, () => Buffer.from('x'))
    return true
  }
  const { error } = await read(client.download(usr))
  assert.equal(codeOf(error), 'SLIPWAY_UPDATE_SERVER_SLOW')
})

test('a server that accepts and says nothing is given up', async (t) => {
  const world = await openWorld(t)
  world.server.intercept = () => true
  await assert.rejects(world.client().refresh(), { code: 'SLIPWAY_UPDATE_SERVER_SLOW' })
})

test('metadata that never ends is refused, fast or slow', async (t) => {
  const world = await openWorld(t)
  world.server.intercept = (_, response) => {
    response.writeHead(200)
    flood(response, () => Buffer.alloc(65_536, 32))
    return true
  }
  await assert.rejects(world.client().refresh(), { code: 'SLIPWAY_UPDATE_TOO_LARGE' })
  world.server.intercept = (_, response) => {
    response.writeHead(200)
    trickle(response, () => Buffer.from(' '))
    return true
  }
  await assert.rejects(world.client().refresh(), { code: 'SLIPWAY_UPDATE_SERVER_SLOW' })
  world.server.intercept = undefined
  await world.client().refresh()
})

test('metadata that announces too much is refused before it is read', async (t) => {
  const world = await openWorld(t)
  for (const name of ['2.root.json', 'timestamp.json', '1.snapshot.json', '1.targets.json']) {
    world.server.intercept = (request, response) => {
      if (request.url !== `/metadata/${name}`) return false
      response.writeHead(200, { 'content-length': 10_000_000_000 })
      response.flushHeaders()
      return true
    }
    await assert.rejects(world.client().refresh(), {
      code: 'SLIPWAY_UPDATE_TOO_LARGE',
      message: new RegExp(`^metadata/${name} of `),
    })
  }
  world.server.intercept = undefined
  await world.client().refresh()
})

test('metadata that is larger than a host takes is refused, though its length is signed', async (t) => {
  const world = await openWorld(t)
  for (const [limit, file] of [
    ['snapshotBytes', 'metadata/1.snapshot.json'],
    ['targetsBytes', 'metadata/1.targets.json'],
  ] as const)
    await assert.rejects(world.client({ limits: { [limit]: 100 } }).refresh(), {
      code: 'SLIPWAY_UPDATE_TOO_LARGE',
      message: new RegExp(`^${file} of .* is larger than 100 bytes$`),
    })
  await world.client().refresh()
})

test('redirects are followed, but not in a circle, and not to other protocols', async (t) => {
  const world = await openWorld(t)
  const redirect = (location: (path: string) => string) => {
    world.server.intercept = (request, response) => {
      const { url = '' } = request
      if (url.endsWith('?moved') || url.endsWith('.root.json')) return false
      response.writeHead(302, { location: location(url) }).end()
      return true
    }
  }
  redirect((path) => `${path}?moved`)
  await world.client().refresh()
  for (const target of [(path: string) => path, () => 'file:///etc/passwd', () => 'http://[']) {
    redirect(target)
    await assert.rejects(world.client().refresh(), { code: 'SLIPWAY_UPDATE_REDIRECT_REFUSED' })
  }
})

test('a server that fails for a moment is asked again, one that goes on to fail is reported', async (t) => {
  const world = await openWorld(t)
  let failures = 1
  world.server.intercept = (_, response) => {
    if (failures-- <= 0) return false
    response.writeHead(503).end()
    return true
  }
  await world.client().refresh()
  failures = Number.POSITIVE_INFINITY
  await assert.rejects(world.client().refresh(), {
    code: 'SLIPWAY_UPDATE_SERVER_FAILED',
    message: /answered 503 to the request for metadata\/2\.root\.json$/,
  })
})

test('files that are missing on the server are named', async (t) => {
  const world = await openWorld(t)
  const { client, usr, file } = await ready(world)
  await rm(file)
  const { error } = await read(client.download(usr))
  assert.equal(codeOf(error), 'SLIPWAY_UPDATE_NOT_FOUND')
  await rm(join(world.workshop.served, 'metadata/timestamp.json'))
  await assert.rejects(world.client().refresh(), {
    code: 'SLIPWAY_UPDATE_NOT_FOUND',
    message: /does not have metadata\/timestamp\.json$/,
  })
})

test('a server that answers with pages of its own is no repository', async (t) => {
  const world = await openWorld(t)
  world.server.intercept = (_, response) => {
    response.writeHead(200, { 'content-type': 'text/html' }).end('<html>Welcome</html>')
    return true
  }
  await assert.rejects(world.client().refresh(), { code: 'SLIPWAY_UPDATE_METADATA_INVALID' })
})

test('targets that metadata does not list, or names that lead elsewhere, are unknown', async (t) => {
  const world = await openWorld(t)
  const { client } = await ready(world)
  const unknown = { code: 'SLIPWAY_UPDATE_TARGET_UNKNOWN' }
  await assert.rejects(client.channel('testing', 'qemu'), unknown)
  await assert.rejects(client.channel('../stable', 'qemu'), unknown)
  await assert.rejects(client.channel('constructor', 'qemu'), unknown)
  for (const path of [
    'releases/qemu/9.9.9/release.json',
    'releases/qemu/1.0.0/usr.erofs',
    'releases/../channels/stable/release.json',
    '/etc/passwd',
    '__proto__',
  ])
    await assert.rejects(client.release(path), unknown)
  const outside = { target: '../../secret', sizeBytes: 1, sha256: 'a'.repeat(64) }
  assert.throws(() => client.download(outside), unknown)
  assert.deepEqual(world.server.requests, [])
})

test('a server that does not speak HTTPS as its address says is not reached', async (t) => {
  const world = await openWorld(t)
  const url = new URL(world.server.url)
  url.protocol = 'https:'
  await assert.rejects(world.client({ url }).refresh(), {
    code: 'SLIPWAY_UPDATE_SERVER_UNREACHABLE',
  })
})

test('a name and a password of the address reach the server, and no message', async (t) => {
  const world = await openWorld(t)
  const url = new URL(world.server.url)
  url.username = 'host'
  url.password = 'secret'
  const seen = new Set<string | undefined>()
  world.server.intercept = ({ headers }, response) => {
    seen.add(headers.authorization)
    response.writeHead(500).end()
    return true
  }
  await assert.rejects(world.client({ url }).refresh(), (error: Error) => {
    assert.doesNotMatch(JSON.stringify(error) + String(error.stack), /secret/)
    return true
  })
  assert.deepEqual([...seen], [`Basic ${Buffer.from('host:secret').toString('base64')}`])
})

test('an abort ends a refresh with its reason, and the next one works', async (t) => {
  const world = await openWorld(t)
  const controller = new AbortController()
  world.server.intercept = () => {
    controller.abort(new Error('enough'))
    return true
  }
  const { signal } = controller
  await assert.rejects(world.client().refresh({ signal }), { message: 'enough' })
  world.server.intercept = undefined
  await world.client().refresh()
})

test('an abort ends a download at once, with its reason', async (t) => {
  const world = await openWorld(t)
  const { client, usr, content } = await ready(world)
  const controller = new AbortController()
  world.server.intercept = (_, response) => {
    response.writeHead(200, { 'content-length': content.length })
    response.write(content.subarray(0, 1000), () => controller.abort(new Error('enough')))
    return true
  }
  const { error } = await read(client.download(usr, { signal: controller.signal }))
  assert.equal(error instanceof Error && error.message, 'enough')
})

/** As much as the connection takes, for ever. */
function flood(response: ServerResponse, next: () => Buffer): void {
  // Turns of the event loop in between, or nobody would notice the connection's end.
  const send = () => {
    if (!response.destroyed) response.write(next(), () => setImmediate(send))
  }
  send()
}

/** One byte now and then, for ever. */
function trickle(response: ServerResponse, next: () => Buffer): void {
  const send = async () => {
    while (!response.destroyed) {
      response.write(next())
      await sleep(20)
    }
  }
  void send()
}
