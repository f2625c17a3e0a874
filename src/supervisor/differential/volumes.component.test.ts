import { before, describe, it } from 'node:test'
import { cleanUpsOfSuite } from '../testing/suite.ts'
import { Comparison, type Line } from './comparison.ts'

describe('of volumes, the docker command line says the same', () => {
  let engines: Comparison
  const cleanUps = cleanUpsOfSuite()

  before(async () => {
    engines = await Comparison.openWithImage(cleanUps)
  })

  const same = (...lines: readonly Line[]) => engines.same(...lines)

  it('when they are made, looked at and removed', () =>
    same(
      'docker volume create one',
      'docker volume create one',
      'docker volume create --label a=b --label c two',
      'docker volume create',
      'docker volume inspect one',
      'docker volume inspect --format "{{json .}}" two',
      'docker volume ls --quiet --filter name=one --filter name=two',
      'docker volume ls --filter label=a=b',
      'docker volume ls --quiet --filter label=a=c',
      'docker volume ls --quiet --filter driver=local --filter name=tw',
      'docker volume ls --filter bogus=1',
      'docker volume ls --filter dangling=maybe',
      'docker volume inspect nosuch',
      'docker volume rm one nosuch',
      'docker volume rm --force nosuch',
      'docker volume rm two',
    ))

  it('when what is asked for is wrong', () =>
    same(
      'docker volume create a',
      'docker volume create a/b',
      'docker create -v a/b:/x IMAGE echo',
    ))

  it('when containers have them', () =>
    same(
      'docker volume create data',
      'docker create --name user -v data:/www -v made:/made -v /own IMAGE cat /www/index.html',
      'docker volume ls --quiet --filter name=made',
      'docker volume ls --quiet --filter name=data --filter dangling=true',
      'docker volume ls --quiet --filter name=data --filter dangling=false',
      'docker volume rm data',
      'docker volume rm --force data',
      'docker start --attach user',
      'docker run --rm -v data:/d IMAGE sh -c "ls -ln /d | grep -v total; echo > /d/more"',
      'docker run --rm -v data:/www IMAGE ls /www',
      'docker run --rm -v data:/www:ro IMAGE sh -c "echo > /www/x"',
      'docker run --rm --mount type=volume,src=empty,dst=/www,volume-nocopy IMAGE ls /www',
      'docker run --rm --mount type=volume,src=marked,dst=/x,volume-label=a=b IMAGE echo',
      'docker volume inspect --format "{{json .Labels}}" marked',
      'docker run --rm --volumes-from user:ro IMAGE sh -c "ls /www | sort; touch /made/x"',
      'docker run --name too --volumes-from user -v elsewhere:/made IMAGE sh -c "ls /www | sort; echo x > /own/x; ls /made"',
      'docker inspect --format "{{json .HostConfig.Binds}} {{json .HostConfig.VolumesFrom}} {{range .Mounts}}{{.Destination}} {{.RW}} {{end}}" too | tr " " "\\n" | sort',
      'docker run --rm --volumes-from nosuch IMAGE true',
      'docker run --rm --volumes-from user:often IMAGE true',
      'docker run --rm --volumes-from : IMAGE true',
      'docker rm --volumes too; docker volume rm elsewhere',
      'docker rm --volumes user',
      'docker volume ls --quiet --filter name=data --filter name=made',
      'docker volume ls --quiet --filter dangling=true --filter label=com.docker.volume.anonymous | wc -l',
    ))

  it('when they are pruned', () =>
    same(
      'docker volume prune --force --filter label=nosuch',
      'docker volume prune --force | wc -l',
      'docker volume prune --force --all | sort',
      'docker volume ls',
    ))

  it('when their events are asked for', () =>
    same(
      'since=$(date +%s); docker run --rm -v told:/x IMAGE echo; docker volume rm told; sleep 1; docker events --since $since --until $(date +%s) --filter volume=told --format "{{.Action}} {{.Actor.ID}} {{json .Actor.Attributes}}"',
    ))
})
