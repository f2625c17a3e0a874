// Runs in a test's world, where the registry is: signs what a repository has under a digest, and prints nothing.
import { createPrivateKey } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { push } from '../../images/testing/test-image.ts'
import { signatureTag } from '../cosign-signatures.ts'
import { payloadOf, signatures } from './cosign.ts'

const [registry = '', repository = '', digest = '', keyFile = ''] = process.argv.slice(2)
const key = createPrivateKey(await readFile(keyFile))
const payload = payloadOf(`${registry}/${repository}`, digest)
await push(registry, repository, signatureTag(digest), signatures({ key, payload }))
