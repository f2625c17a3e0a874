import assert from 'node:assert/strict'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { settleContentId } from './vmdk.ts'

/** The head of an image as QEMU writes it: a header, the text, zeros. */
function image(...lines: readonly string[]): Buffer {
  const bytes = Buffer.alloc(2048 + 1024)
  bytes.write('KDMV')
  bytes.write(`${lines.join('\n')}\n`, 512, 'latin1')
  return Buffer.concat([bytes, Buffer.from('the grains')])
}

const lines = (id: string) => [
  '# Disk DescriptorFile',
  'version=1',
  `CID=${id}`,
  'parentCID=ffffffff',
  'createType="streamOptimized"',
]

async function settled(context: TestContext, before: Buffer): Promise<Buffer> {
  const directory = await mkdtemp(join(tmpdir(), 'slipway-vmdk-'))
  context.after(() => rm(directory, { recursive: true }))
  const path = join(directory, 'disk')
  await writeFile(path, before)
  await settleContentId(path, '0badcafe')
  return await readFile(path)
}

for (const id of ['fedcba98', 'edcba98', '7', '0'])
  test(`an identifier of chance is replaced, whatever its digits: ${id}`, async (context) => {
    const bytes = await settled(context, image(...lines(id)))
    assert.ok(bytes.equals(image(...lines('0badcafe'))))
  })

test('what has no identifier is left as it is, and told', async (context) => {
  const [version, ...others] = lines('1')
  for (const wrong of [image(...others), image(version ?? '', 'parentCID=1'), Buffer.alloc(9)])
    await assert.rejects(settled(context, wrong), /no content identifier/)
})
