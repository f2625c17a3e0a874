import { describe, it } from 'node:test'
import { Comparison } from './comparison.ts'

describe('the docker command line', () => {
  it('says of both engines what they are, and that nothing runs', async (context) => {
    const engines = await Comparison.open(context)
    await engines.same(
      { line: 'docker version', differs: 'versions' },
      'docker ps',
      'docker ps --all',
      'docker logs nosuch',
    )
  })
})
