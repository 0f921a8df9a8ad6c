import type { Ec2Setup } from './ec2/ec2-state.ts';

/** An account with one image, two zones, one group and one key pair. Public addresses are of the range kept for documents: nobody has them. */
export function defaultAccount(): Ec2Setup {
  const given = { private: 0, public: 0 };
  return {
    region: 'us-east-1',
    account: '000000000000',
    images: [{ id: 'ami-0123456789abcdef0', name: 'debian-12' }],
    subnets: [
      {
        id: 'subnet-0aaaaaaaaaaaaaaa1',
        vpcId: 'vpc-0123456789abcdef0',
        zone: 'us-east-1a',
        cidr: '10.213.0.0/20',
        mapPublicIp: true,
      },
      {
        id: 'subnet-0aaaaaaaaaaaaaaa2',
        vpcId: 'vpc-0123456789abcdef0',
        zone: 'us-east-1b',
        cidr: '10.213.16.0/20',
        mapPublicIp: false,
      },
    ],
    groups: [{ id: 'sg-0123456789abcdef0', name: 'preview', vpcId: 'vpc-0123456789abcdef0' }],
    keyPairs: [
      {
        name: 'preview',
        publicKey: 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIMade+up+for+tests+no+one+has+its+other+half preview',
      },
    ],
    profiles: ['preview'],
    settleMs: 0,
    nextAddress(kind) {
      given[kind] += 1;
      const n = given[kind];
      return kind === 'private' ? `10.213.${n >> 8}.${n & 255}` : `${n > 254 ? '198.51.100' : '203.0.113'}.${n % 255}`;
    },
  };
}
