import assert from 'node:assert/strict'
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { after, test } from 'node:test'
import { InvalidImageError } from '../errors/image.ts'
import { initrdRules } from '../pipeline/initrd-content.ts'
import { listImages, loadImage } from './load.ts'
import { showImage } from './show.ts'

const shipped = path.join(import.meta.dirname, '../../images')
const seed = '11111111-2222-3333-4444-555555555555'
// Not in a hook: where no test of this file matches, the one that removes it would not wait for it.
const directory = await mkdtemp(path.join(tmpdir(), 'slipway-images-'))
after(() => rm(directory, { recursive: true }))

async function write(files: Readonly<Record<string, string>>) {
  for (const [name, text] of Object.entries(files))
    await writeFile(path.join(directory, `${name}.yaml`), text)
}

async function problemsOf(name: string): Promise<string[]> {
  const error = await loadImage(name, { directory }).then(
    () => assert.fail(`${name} loaded without a mistake`),
    (thrown: unknown) => thrown,
  )
  assert.ok(error instanceof InvalidImageError, String(error))
  return error.problems.map(
    ({ file, line, column, path: field, message }) =>
      `${path.basename(file)}:${line}:${column} ${field}: ${message}`,
  )
}

test('a definition of what is required gets every default', async () => {
  await write({ small: `description: small\nseed: ${seed}\npackages: [systemd]\n` })
  assert.deepEqual(await loadImage('small', { directory }), {
    name: 'small',
    ancestors: [],
    description: 'small',
    architecture: 'amd64',
    debian: { suite: 'trixie', components: ['main'] },
    packages: ['systemd'],
    kernel: { flavour: 'cloud', commandLine: [], modules: {}, initrdModules: [], firmware: [] },
    strip: { executables: {}, libraries: [], files: [], remove: [] },
    provisioning: {
      ...{ disks: false, vfat: false, xfs: false, btrfs: false },
      ...{ raid: false, luks: false, tpm2: false },
    },
    units: [],
    slots: {
      usrSizeMiB: 1024,
      veritySizeMiB: 16,
      signatureSizeMiB: 1,
      espSizeMiB: 512,
      rootMinimumSizeMiB: 1024,
    },
    usr: { compression: 'zstd', compressionLevel: 12, clusterSizeKiB: 64, quickFiles: [] },
    formats: ['raw', 'qcow2'],
    updates: {},
    containerImages: {},
    seed,
  })
})

test('a grandchild inherits through its parent', async () => {
  await write({
    first: `description: first\nseed: ${seed}\npackages: [systemd, tar]\nkernel: { modules: { erofs: usr } }\n`,
    second: 'inherits: first\ndescription: second\npackages: [crun]\n',
    third: 'inherits: second\npackages: ["!tar"]\nkernel: { modules: { erofs: null } }\n',
  })
  const third = await loadImage('third', { directory })
  assert.deepEqual(third.ancestors, ['second', 'first'])
  assert.equal(third.description, 'second')
  assert.deepEqual(third.packages, ['systemd', 'crun'])
  assert.deepEqual(third.kernel.modules, {})
})

test('a package and the kernel can be held at a version', async () => {
  const kernel = 'linux-image-6.12.113+deb13-cloud-amd64'
  await write({
    held: `description: held\nseed: ${seed}\npackages: ["libssl3t64=3.5.7-1~deb13u3"]\nkernel: { package: ${kernel} }\n`,
    loose: `description: loose\nseed: ${seed}\npackages: ["libssl3t64="]\nkernel: { package: linux-image-amd64 }\n`,
  })
  const held = await loadImage('held', { directory })
  assert.deepEqual(held.packages, ['libssl3t64=3.5.7-1~deb13u3'])
  assert.equal(held.kernel.package, kernel)
  assert.deepEqual(await problemsOf('loose'), [
    'loose.yaml:3:12 packages[0]: expected the name of a Debian package, or NAME=VERSION, found "libssl3t64="',
    'loose.yaml:4:20 kernel.package: expected the name of a package that begins with linux-image- and a version, found "linux-image-amd64"',
  ])
})

test('mistakes of a definition and of its parent come together', async () => {
  await write({
    parent: `description: parent\nseed: ${seed}\npackges: [systemd]\npackages: [Systemd]\n`,
    child: 'inherits: parent\nkernel:\n  flavour: clod\n  comandLine: []\n',
  })
  assert.deepEqual(await problemsOf('child'), [
    'child.yaml:3:12 kernel.flavour: expected one of cloud, generic, found "clod"',
    'child.yaml:4:3 kernel.comandLine: unknown key; did you mean "commandLine"?',
    'parent.yaml:3:1 packges: unknown key; did you mean "packages"?',
    'parent.yaml:4:12 packages[0]: expected the name of a Debian package, or NAME=VERSION, found "Systemd"',
  ])
})

test('the error prints one mistake per line and says where to read on', async () => {
  await write({ bad: 'inherits: nowhere\nseed: 12\n' })
  await assert.rejects(loadImage('bad', { directory }), (error: unknown) => {
    assert.ok(error instanceof InvalidImageError)
    assert.equal(error.code, 'SLIPWAY_IMAGE_INVALID')
    assert.match(error.message, /^The definition of image "bad" has 2 mistakes:\n/)
    assert.equal(error.message.split('\n').length, 3)
    assert.match(error.next ?? '', /docs\/reference\/image-definition\.md/)
    return true
  })
})

test('a missing parent is a mistake that names the nearest image', async () => {
  await write({
    harbour: `description: d\nseed: ${seed}\npackages: [systemd]\n`,
    boat: 'inherits: harbor\n',
  })
  assert.equal(
    (await problemsOf('boat'))[0],
    'boat.yaml:1:11 inherits: there is no image "harbor"; did you mean "harbour"?',
  )
})

test('a cycle of inheritance is shown', async () => {
  await write({ red: 'inherits: green\n', green: 'inherits: blue\n', blue: 'inherits: green\n' })
  const problems = await problemsOf('red')
  assert.ok(
    problems.includes('blue.yaml:1:11 inherits: inherits from itself: green → blue → green'),
    problems.join('\n'),
  )
})

test('an item dropped that nobody has is a mistake at its line', async () => {
  await write({
    drops: `description: d\nseed: ${seed}\npackages:\n  - systemd\n  - "!tar"\n`,
  })
  assert.deepEqual(await problemsOf('drops'), [
    'drops.yaml:5:5 packages["!tar"]: drops an item that is not inherited',
  ])
})

test('values that contradict each other are a mistake in the file that says them', async () => {
  await write({
    pack: `description: d\nseed: ${seed}\npackages: [systemd]\nusr:\n  compression: lz4hc\n`,
    packed: 'inherits: pack\nusr:\n  compressionLevel: 19\n  clusterSizeKiB: 7\n',
  })
  assert.deepEqual(await problemsOf('packed'), [
    'packed.yaml:3:21 usr.compressionLevel: expected at most 12 for lz4hc, found 19',
    "packed.yaml:4:19 usr.clusterSizeKiB: expected a multiple of 4, which is erofs's block size in KiB, found 7",
  ])
})

test('a container image needs a digest, and a name that Compose files can say', async () => {
  const digest = `sha256:${'a'.repeat(64)}`
  const start = `description: x\nseed: ${seed}\npackages: [systemd]\ncontainerImages:\n`
  await write({
    pinned: `${start}  web: registry.example/web:1.4@${digest}\n  db: db@${digest}\n`,
    child: 'inherits: pinned\ncontainerImages: { db: null }\n',
    loose: `${start}  web: registry.example/web:1.4\n  Db: db@${digest}\n  x: Upper@${digest}\n`,
  })
  const { containerImages } = await loadImage('child', { directory })
  assert.deepEqual(containerImages, { web: `registry.example/web:1.4@${digest}` })
  const problems = await problemsOf('loose')
  assert.match(
    problems[0] ?? '',
    /^loose\.yaml:5:8 containerImages\.web: expected REPOSITORY@sha256/,
  )
  assert.match(problems[1] ?? '', /^loose\.yaml:6:3 containerImages\.Db: /)
})

test('a syntax error is not followed by complaints about what it hides', async () => {
  await write({ broken: 'description: [\n' })
  assert.equal((await problemsOf('broken')).length, 1)
})

test('paths that leave their folder are refused', async () => {
  await write({
    escape: `description: d\nseed: ${seed}\npackages: [systemd]\nunits: [../x]\nstrip: { files: ["/usr/../etc/*"] }\nkernel: { firmware: [a/../../b] }\n`,
  })
  assert.deepEqual(
    (await problemsOf('escape')).map((problem) => problem.split(': ')[0]),
    [
      'escape.yaml:4:9 units[0]',
      'escape.yaml:5:18 strip.files[0]',
      'escape.yaml:6:22 kernel.firmware[0]',
    ],
  )
})

for (const argument of ['panic=10', 'root="a b"', 'dyndbg="file x +p"', 'module.sig_enforce=1'])
  test(`the kernel's command line takes ${argument}`, async () => {
    await write({
      line: `description: d\nseed: ${seed}\npackages: [systemd]\nkernel: { commandLine: ['${argument}'] }\n`,
    })
    assert.deepEqual((await loadImage('line', { directory })).kernel.commandLine, [argument])
  })

for (const argument of ['panic=10 quiet', 'usrhash=00', 'a\nb', 'open="quote'])
  test(`the kernel's command line does not take ${JSON.stringify(argument)} as one argument`, async () => {
    await write({
      line: `description: d\nseed: ${seed}\npackages: [systemd]\nkernel: { commandLine: [${JSON.stringify(argument)}] }\n`,
    })
    assert.match((await problemsOf('line'))[0] ?? '', /kernel\.commandLine\[0\]/)
  })

test('an unknown image is refused with the known ones', async () => {
  await assert.rejects(loadImage('quemu', { directory: shipped }), {
    code: 'SLIPWAY_IMAGE_UNKNOWN',
    next: 'Name one of: aws, azure, base, cloud, gcp, metal, openstack, qemu.',
  })
  await assert.rejects(loadImage('../images/base', { directory: shipped }), {
    code: 'SLIPWAY_IMAGE_UNKNOWN',
  })
})

test('modules make no bond and no dummy link by themselves, neither on the host nor in the initrd', async () => {
  const options = '/usr/lib/modprobe.d/systemd.conf'
  const { strip } = await loadImage('base', { directory: shipped })
  assert.ok(strip.files.includes(options))
  assert.ok(initrdRules.files.includes(options))
})

test('every unit file of the project is in some image', async () => {
  const names = await listImages({ directory: shipped })
  const images = await Promise.all(names.map((name) => loadImage(name, { directory: shipped })))
  const listed = new Set(images.flatMap(({ units }) => units))
  const entries = await readdir(path.join(shipped, '../units'), {
    recursive: true,
    withFileTypes: true,
  })
  const files = entries
    .filter((entry) => entry.isFile())
    .map((entry) =>
      path.relative(path.join(shipped, '../units'), `${entry.parentPath}/${entry.name}`),
    )
  assert.deepEqual(
    files.filter((file) => !listed.has(file) && !file.startsWith('repart/')).sort(),
    [],
  )
})

test('what show prints loads to the same content', async () => {
  for (const name of await listImages({ directory: shipped })) {
    const definition = await loadImage(name, { directory: shipped })
    await write({ shown: showImage(definition) })
    const shown = await loadImage('shown', { directory })
    assert.deepEqual({ ...shown, name, ancestors: definition.ancestors }, definition)
  }
})
