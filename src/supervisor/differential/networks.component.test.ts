import { before, describe, it } from 'node:test'
import { cleanUpsOfSuite } from '../testing/suite.ts'
import { Comparison, type Line } from './comparison.ts'

describe('of networks, the docker command line says the same', () => {
  let engines: Comparison
  const cleanUps = cleanUpsOfSuite()

  before(async () => {
    engines = await Comparison.openWithImage(cleanUps)
  })

  const same = (...lines: readonly Line[]) => engines.same(...lines)

  it('when they are made, looked at and removed', () =>
    same(
      'docker network ls --format "{{.Name}} {{.Driver}} {{.Scope}}" | sort',
      'docker network create one',
      'docker network create one',
      'docker network inspect one',
      'docker network create --subnet 10.66.0.0/16 --label a=b --label c --attachable --internal two',
      'docker network inspect two',
      'docker network create --subnet 10.67.0.0/24 --gateway 10.67.0.254 --ip-range 10.67.0.128/25 three',
      'docker network inspect --format "{{json .IPAM}}" three',
      'docker network create --ipv6 --subnet fd00:99::/64 --opt com.docker.network.bridge.name=named four',
      'docker network inspect --format "{{json .Options}} {{.EnableIPv6}}" four',
      'docker network ls --quiet --filter name=one --filter name=two',
      'docker network ls --filter label=a=b --format "{{.Name}} {{.Driver}} {{.Scope}}"',
      'docker network ls --quiet --filter label=a=c',
      'docker network ls --filter type=builtin --format "{{.Name}}" | sort',
      'docker network ls --filter type=custom --format "{{.Name}}" | sort',
      'docker network ls --filter driver=host --format "{{.Name}}"',
      'docker network ls --filter dangling=true --format "{{.Name}}" | sort',
      'docker network ls --filter bogus=1',
      'docker network ls --filter type=bogus',
      'docker network inspect --format "{{.Name}} {{.Driver}} {{json .IPAM.Config}}" host none',
      'docker network rm one three',
      'docker network rm one',
      'docker network rm two four',
    ))

  it('when what is asked for is wrong', () =>
    same(
      'docker network create bridge',
      'docker network create default',
      'docker network create --driver host more',
      'docker network create --subnet 10.68.0.0/16 first',
      'docker network create --subnet 10.68.5.0/24 second',
      'docker network create --subnet 10.69.0.1/16 bits',
      'docker network create --subnet bogus bad',
      'docker network rm bridge',
      'docker network rm nosuch',
      'docker network inspect nosuch',
      'docker network connect nosuch nosuch',
      'docker network connect first nosuch',
      'docker network disconnect first nosuch',
      'docker run --rm --ip 10.9.9.9 IMAGE echo',
      'docker run --rm --network first --ip 10.9.9.9 IMAGE echo',
      'docker run --rm --network-alias a IMAGE echo',
      'docker network rm first',
    ))

  it('when containers are on them', () =>
    same(
      'docker network create --subnet 10.70.0.0/24 shop',
      'docker run -d --name web --network shop --network-alias www IMAGE',
      'docker inspect --format "{{json .NetworkSettings.Networks}}" web',
      'docker inspect --format "{{.HostConfig.NetworkMode}} {{.NetworkSettings.IPAddress}}" web',
      'docker network inspect --format "{{json .Containers}}" shop',
      'docker network rm shop',
      'docker run --rm --network shop IMAGE busybox wget -q -O - http://web/',
      'docker run --rm --network shop IMAGE busybox wget -q -O - http://www/',
      'docker run --rm --network shop IMAGE busybox wget -q -O - http://web.nosuch/',
      'docker run --rm --network shop --ip 10.70.0.77 IMAGE sh -c "busybox ip -4 address show eth0 | busybox grep -o \'inet [^ ]*\'"',
      'docker run --rm --network shop --mac-address 02:00:00:00:00:05 IMAGE cat /sys/class/net/eth0/address',
      'docker run --rm --network shop --ip 10.70.0.78 IMAGE cat /etc/hosts | grep -v "^[0-9a-f]*:" ',
      'docker run --rm --network shop --sysctl net.ipv4.conf.eth0.log_martians=1 IMAGE cat /proc/sys/net/ipv4/conf/eth0/log_martians',
      'docker run --rm IMAGE busybox ip address show lo',
      'docker ps --filter network=shop --format "{{.Names}} {{.Networks}}"',
      'docker network create --internal inside',
      'docker network connect --alias inner inside web',
      'docker network connect inside web',
      'docker inspect --format "{{range \\$name, \\$one := .NetworkSettings.Networks}}{{\\$name}} {{json \\$one.Aliases}} {{end}}" web',
      'docker run --rm --network inside IMAGE busybox wget -q -O - http://inner/',
      'docker network disconnect inside web',
      'docker network disconnect inside web',
      'docker network connect none web',
      'docker network connect host web',
      'docker run -d --name plain --network none IMAGE sleep 1000',
      'docker network connect shop plain',
      'docker inspect --format "{{json .NetworkSettings.Networks.none.IPAddress}}" plain',
      'docker rm --force plain',
      'docker stop --time 0 web',
      'docker inspect --format "{{json .NetworkSettings.Networks}}" web',
      'docker network inspect --format "{{json .Containers}}" shop',
      'docker network rm shop',
      'docker start web',
      'docker rm --force web',
      'docker network prune --force',
    ))

  it('when their events are asked for', () =>
    same(
      'docker network create told; docker run --rm --network told IMAGE echo; docker network rm told; sleep 1; docker events --since 1 --until $(date +%s) --filter network=told --format "{{.Action}} {{json .Actor.Attributes}}"',
    ))
})
