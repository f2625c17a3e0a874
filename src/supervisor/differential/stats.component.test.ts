import { before, describe, it } from 'node:test'
import { cleanUpsOfSuite } from '../testing/suite.ts'
import { Comparison } from './comparison.ts'

describe('of what containers use, the docker command line says the same', () => {
  let engines: Comparison
  const cleanUps = cleanUpsOfSuite()

  before(async () => {
    engines = await Comparison.openWithImage(cleanUps)
  })

  it('apart from the figures themselves', () =>
    engines.same(
      'docker run -d --name runs IMAGE sleep 1000 > /dev/null',
      'docker run --name ended --network none IMAGE echo',
      'docker stats --no-stream --format "{{.Name}} {{.CPUPerc}} {{.MemUsage}} {{.MemPerc}} {{.NetIO}} {{.BlockIO}} {{.PIDs}}" ended',
      'docker stats --no-stream --no-trunc --format "{{.Name}} {{.MemPerc}} {{.PIDs}}" runs',
      'docker stats --no-stream nosuch',
      'docker rm --force runs ended',
    ))
})
