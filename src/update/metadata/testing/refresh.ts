/** Started as a process of its own: refreshes a host's metadata. */
import { ReleaseClient } from '../client.ts'

const [url = '', rootFile = '', cacheDirectory = ''] = process.argv.slice(2)
const client = new ReleaseClient({ url: new URL(url), rootFile, cacheDirectory })
await client.refresh()
client.close()
