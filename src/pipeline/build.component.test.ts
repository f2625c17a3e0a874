import assert from 'node:assert/strict'
import { execFile, execFileSync } from 'node:child_process'
import { mkdir, readdir, readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { promisify } from 'node:util'
import { erofsFiles } from '../disk/erofs.ts'
import { APPARMOR_POLICY, readContainerProfile } from './apparmor-policy.ts'
import { type ConvertedFormat, convertedFormats } from './disk-formats/index.ts'
import { nodeProgram } from './host-executable.ts'
import { buildImage, stageTitles } from './index.ts'
import { publishOutputs } from './publish.ts'
import { runInSandbox } from './sandbox.ts'
import type { StageEvent } from './store.ts'
import { buildProgram, digestsOf } from './testing/build.ts'
import { compiledPolicy } from './testing/compiled-policy.ts'
import {
  assertSameDisk,
  convert,
  driverOf,
  sparseDisk,
  unpackGcp,
  vhdSize,
} from './testing/disk-formats.ts'
import { keepPackages, type TestProject, testProject } from './testing/project.ts'

const NOBODY = '65534'

// One test, because each of its builds starts from nothing and takes its time.
test('a build is interrupted in every stage, completes, and has the same bits as an ordinary user’s', async (t) => {
  const world = await testProject(t)
  const mountsBefore = await ownMounts()
  const interrupted = new Set<string>()
  let built = await buildInterrupted(world, interrupted)
  while (built === undefined) {
    assert.deepEqual(await readdir(join(world.cache, 'store/work')), [])
    assert.deepEqual(await ownMounts(), mountsBefore)
    built = await buildInterrupted(world, interrupted)
  }
  const others = convertedFormats.filter((format) => !world.image.formats.includes(format))
  assert.deepEqual([...interrupted, ...others].sort(), Object.keys(stageTitles).sort())
  await keepPackages(world.cache)
  const digests = await digestsOf(built)

  await t.test('a build without changes runs nothing', async () => {
    const ran: string[] = []
    await build(world, (event) => {
      if (event.type === 'started') ran.push(event.stage)
    })
    assert.deepEqual(ran, [])
  })

  await t.test('what is published is complete, and as the manifest says', async () => {
    const directory = join(world.cache, 'published')
    const published = await publishOutputs(built, directory)
    assert.deepEqual(
      published.map(({ path }) => path),
      [
        'slipway.raw',
        'slipway.qcow2',
        'usr.erofs',
        'usr.verity',
        'slipway.efi',
        'systemd-bootx64.efi',
        'sbom.cdx.json',
        'manifest.json',
      ].map((name) => join(directory, name)),
    )
    assert.equal((await readdir(directory)).length, published.length)
    const manifest = JSON.parse(await readFile(join(directory, 'manifest.json'), 'utf8'))
    for (const { name, sha256 } of manifest.artifacts) assert.equal(sha256, digests[name], name)
    const sum = execFileSync('sha256sum', [join(directory, 'slipway.raw')])
      .toString()
      .slice(0, 64)
    assert.equal(sum, digests['slipway.raw'])
    assert.equal(manifest.rootHash, built.usr.facts.rootHash)
    assert.deepEqual(manifest.setIdFiles, [])
    const unexplained = manifest.executables.filter((each: { reason: unknown }) => !each.reason)
    assert.deepEqual(unexplained, [])
  })

  await t.test('what each file takes in the image is as erofs’s own program says', async () => {
    const image = built.usr.files.image
    const files = await erofsFiles(image)
    const largest = files.toSorted((a, b) => b.sizeBytes - a.sizeBytes).slice(0, 3)
    const small = files.filter(({ sizeBytes }) => sizeBytes < 200).slice(0, 3)
    for (const { path, sizeBytes, storedBytes } of [...largest, ...small]) {
      const dump = ['dump.erofs', [`--path=${path}`, image]] as const
      const shown = await runInSandbox(
        built.tools.files.trees,
        { readable: [built.usr.directory] },
        ...dump,
      )
      assert.match(shown, new RegExp(`Size: ${sizeBytes}  On-disk size: ${storedBytes} `), path)
    }
    assert.ok(files.some(({ path }) => path === '/lib/slipway/slipway-host'))
  })

  await t.test(
    'the profile of containers is in the image, compiled to the same bytes each time',
    async () => {
      const { tools } = built
      const profile = await readContainerProfile(world.project)
      const policy = await compiledPolicy(tools, profile, join(world.cache, 'policy'))
      const again = await compiledPolicy(tools, profile, join(world.cache, 'policy-again'))
      assert.ok(policy.equals(again))
      const files = await erofsFiles(built.usr.files.image)
      const inImage = files.find(({ path }) => `usr${path}` === APPARMOR_POLICY)
      assert.equal(inImage?.sizeBytes, policy.length)
      const unenforced = profile.replace('capability,', 'capability,\n  network,')
      await assert.rejects(compiledPolicy(tools, unenforced, join(world.cache, 'refused')), {
        code: 'SLIPWAY_BUILD_PROGRAM_FAILED',
      })
    },
  )

  await t.test(
    'each format has the same disk, in the same bytes each time, and its size',
    async () => {
      const { tools } = built
      const disk = await sparseDisk(join(world.cache, 'small'))
      const sizes: Partial<Record<ConvertedFormat, number>> = {}
      for (const format of convertedFormats) {
        const image = await convert(format, tools, disk, join(world.cache, format))
        const again = await convert(format, tools, disk, join(world.cache, `${format}-again`))
        assert.ok((await readFile(image)).equals(await readFile(again)), `${format} differs`)
        sizes[format] = (await stat(image)).size
        if (format === 'vhd') {
          assert.equal(await vhdSize(image), 41n << 20n)
          assert.equal((await stat(image)).size, (41 << 20) + 512)
        }
        if (format === 'gcp') {
          const raw = await unpackGcp(image, join(world.cache, 'unpacked'))
          await assertSameDisk(tools, disk, raw, 'raw')
        } else await assertSameDisk(tools, disk, image, driverOf(format))
      }
      const { qcow2 = 0, 'qcow2-compressed': compressed = 0 } = sizes
      assert.ok(compressed > 0 && compressed < qcow2 / 2, `${compressed} and ${qcow2} bytes`)
    },
  )

  await t.test('an ordinary user, in another folder, builds the same bits', async (t) => {
    const other = await testProject(t)
    await keepLocks(world, other)
    execFileSync('chown', ['-R', `${NOBODY}:${NOBODY}`, other.project, other.cache])
    const asNobody = ['--reuid', NOBODY, '--regid', NOBODY, '--clear-groups', '--no-new-privs']
    const { stdout } = await promisify(execFile)(
      'setpriv',
      [...asNobody, nodeProgram(), buildProgram, other.project, other.cache],
      { env: { ...process.env, HOME: other.cache }, cwd: other.project },
    )
    assert.deepEqual(JSON.parse(stdout), digests)
  })
})

test('a full disk is told as such, and nothing of the build is left', async (t) => {
  const world = await testProject(t)
  const store = join(world.cache, 'store')
  await mkdir(store)
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=60m', 'tmpfs', store])
  try {
    await assert.rejects(build(world), { code: 'SLIPWAY_BUILD_DISK_FULL' })
    assert.deepEqual(await readdir(join(store, 'work')), [])
    assert.deepEqual(await readdir(join(store, 'results')).catch(() => []), [])
  } finally {
    execFileSync('umount', ['--lazy', store])
  }
})

test('an image whose command line leaves gaps of the kernel open is refused before anything runs', async (t) => {
  const world = await testProject(t)
  const { kernel } = world.image
  const commandLine = kernel.commandLine.filter((argument) => argument !== 'lockdown=integrity')
  const image = { ...world.image, kernel: { ...kernel, commandLine } }
  await assert.rejects(build({ ...world, image }), {
    code: 'SLIPWAY_BUILD_COMMAND_LINE_LACKS',
    message: /lockdown=integrity \(for .*KEXEC/,
  })
})

function build(world: TestProject, emit: (event: StageEvent) => void = () => {}) {
  const { signal } = new AbortController()
  return buildImage(world.image, { ...world, locked: false, signal, emit })
}

/** Builds until the first stage starts that was not interrupted yet, and interrupts it. */
async function buildInterrupted(world: TestProject, interrupted: Set<string>) {
  const controller = new AbortController()
  const reason = new Error('Ctrl-C')
  const emit = (event: StageEvent) => {
    if (event.type !== 'started' || interrupted.has(event.stage) || controller.signal.aborted)
      return
    interrupted.add(event.stage)
    // In the middle of its work rather than before it.
    setTimeout(() => controller.abort(reason), 100)
  }
  try {
    const { signal } = controller
    return await buildImage(world.image, { ...world, locked: false, signal, emit })
  } catch (error) {
    if (error !== reason) throw error
    return undefined
  }
}

async function keepLocks(from: TestProject, to: TestProject): Promise<void> {
  for (const name of ['tools.lock.json', 'qemu.lock.json'])
    execFileSync('cp', [join(from.project, 'images', name), join(to.project, 'images', name)])
}

async function ownMounts(): Promise<string[]> {
  return (await readFile('/proc/self/mounts', 'utf8'))
    .split('\n')
    .filter((line) => line.includes('slipway-build-'))
}
