// biome-ignore-all lint/suspicious/noTemplateCurlyInString: places in wizard.yml are written like this

/** A right wizard.yml: each case below spoils one thing. */
export const right = `api-token: "\${env:TOKEN}"
code-hosts:
  local: { kind: repository-folder, path: r, webhook-secret: "\${env:TOKEN}" }
secrets:
  MAPS_KEY: "\${env:TOKEN}"
data-sources:
  staging: { directory: d }
repositories:
  - name: acme/shop
    policy:
      drafts: build
    recipe:
      build:
        - { name: install, run: npm ci }
      data: staging
      processes:
        web: node server.js
      endpoints:
        app: web
      env:
        KEY: { secret: MAPS_KEY }
limits:
  step-time: 10m
`;

export interface MistakeCase {
  readonly because: string;
  readonly replace: string;
  readonly by: string;
  readonly says: readonly string[];
}

/** What may be wrong, and what is said of it. */
export const cases: readonly MistakeCase[] = [
  {
    because: 'a word that is not one of those known',
    replace: 'drafts: build',
    by: 'drafts: yes',
    says: ['wizard.yml:11:15: repositories[0].policy.drafts: expected "build" or "ignore", got "yes"'],
  },
  {
    because: 'a misspelt setting',
    replace: 'limits:',
    by: 'limit:',
    says: ['wizard.yml:22:1: limit: unknown setting; did you mean "limits"?'],
  },
  {
    because: 'a setting that is like no other',
    replace: 'drafts: build',
    by: 'colour: blue',
    says: ['wizard.yml:11:7: repositories[0].policy.colour: unknown setting; known here: drafts, forks, labels'],
  },
  {
    because: 'no start without a webhook secret',
    replace: ', webhook-secret: "${env:TOKEN}"',
    by: '',
    says: [
      'wizard.yml:3:3: code-hosts.local.webhook-secret: missing; expected the secret that webhooks are signed with, such as ${env:NAME} or ${file:PATH}',
    ],
  },
  {
    because: 'a webhook secret of no letters',
    replace: 'webhook-secret: "${env:TOKEN}"',
    by: 'webhook-secret: "${env:EMPTY}"',
    says: ['wizard.yml:3:62: code-hosts.local.webhook-secret: the environment variable EMPTY is empty'],
  },
  {
    because: 'a variable that is not set',
    replace: 'MAPS_KEY: "${env:TOKEN}"',
    by: 'MAPS_KEY: ${env:MAPS_KEY}',
    says: ['wizard.yml:5:13: secrets.MAPS_KEY: the environment variable MAPS_KEY is not set'],
  },
  {
    because: 'a file that is not there',
    replace: 'MAPS_KEY: "${env:TOKEN}"',
    by: 'MAPS_KEY: ${file:no/such/file}',
    says: ['wizard.yml:5:13: secrets.MAPS_KEY: there is no file no/such/file'],
  },
  {
    because: 'a code host of an unknown kind',
    replace: 'repository-folder',
    by: 'githb',
    says: ['wizard.yml:3:18: code-hosts.local.kind: expected "github" or "repository-folder", got "githb"'],
  },
  {
    because: 'a way to sign in is missing',
    replace: 'kind: repository-folder, path: r',
    by: 'kind: github',
    says: ['wizard.yml:3:3: code-hosts.local: expected token, or app-id and private-key, got neither'],
  },
  {
    because: 'half of a way to sign in',
    replace: 'kind: repository-folder, path: r',
    by: 'kind: github, app-id: 7',
    says: ['wizard.yml:3:3: code-hosts.local: app-id needs private-key beside it'],
  },
  {
    because: 'an unknown code host',
    replace: '    policy:',
    by: '    code-host: locl\n    policy:',
    says: ['wizard.yml:10:16: repositories[0].code-host: unknown code host "locl"; did you mean "local"?'],
  },
  {
    because: 'an unknown data source',
    replace: 'data: staging',
    by: 'data: stagin',
    says: ['wizard.yml:15:13: repositories[0].recipe.data: unknown data source "stagin"; did you mean "staging"?'],
  },
  {
    because: 'an unknown secret',
    replace: 'secret: MAPS_KEY',
    by: 'secret: MAP_KEY',
    says: [
      'wizard.yml:21:24: repositories[0].recipe.env.KEY.secret: unknown secret "MAP_KEY"; did you mean "MAPS_KEY"?',
    ],
  },
  {
    because: 'an endpoint that leads nowhere',
    replace: 'app: web',
    by: 'app: wbe',
    says: ['wizard.yml:19:14: repositories[0].recipe.endpoints.app: unknown process "wbe"; did you mean "web"?'],
  },
  {
    because: 'nothing to run',
    replace: 'web: node server.js',
    by: '{}',
    says: ['wizard.yml:16:7: repositories[0].recipe.processes: expected at least one process'],
  },
  {
    because: 'several processes and no word which is opened',
    replace: 'node server.js\n      endpoints:\n        app: web',
    by: 'a\n        api: b',
    says: [
      'wizard.yml:12:5: repositories[0].recipe.endpoints: missing; expected endpoints, since there are several processes (web, api)',
    ],
  },
  {
    because: 'a process called as another part of the plan',
    replace: 'web: node server.js\n      endpoints:\n        app: web',
    by: 'route: node server.js',
    says: [
      'wizard.yml:17:9: repositories[0].recipe.processes.route: "route" is the name of another part of an environment; choose another',
    ],
  },
  {
    because: 'a step named twice',
    replace: '- { name: install, run: npm ci }',
    by: '- { name: install, run: npm ci }\n        - { name: install, run: npm ci }',
    says: [
      'wizard.yml:15:19: repositories[0].recipe.build[1].name: a step named "install" is already there; names are used once',
    ],
  },
  {
    because: 'a place that nothing fills',
    replace: 'KEY: { secret: MAPS_KEY }',
    by: 'A: x${urll.app}\n        B: ${port}\n        C: "${revision"',
    says: [
      'wizard.yml:21:12: repositories[0].recipe.env.A: unknown place "${urll.app}"; did you mean "url.app"?',
      'wizard.yml:22:12: repositories[0].recipe.env.B: ${port} only goes in the env of a process',
      'wizard.yml:23:12: repositories[0].recipe.env.C: a place ${ is not closed with }',
    ],
  },
  {
    because: 'a variable that the server sets',
    replace: 'KEY: { secret: MAPS_KEY }',
    by: 'PORT: 3000',
    says: ['wizard.yml:21:9: repositories[0].recipe.env.PORT: PORT is set by the server and cannot be chosen'],
  },
  {
    because: 'a length of time without its unit',
    replace: '10m',
    by: '10',
    says: ['wizard.yml:23:14: limits.step-time: expected a length of time such as 10m, 30s or 500ms, got 10'],
  },
  {
    because: 'one repository twice',
    replace: 'limits:',
    by: '  - { name: acme/Shop, recipe-from: base }\nlimits:',
    says: ['wizard.yml:22:13: repositories[1].name: "acme/Shop" is already repositories[0]'],
  },
  {
    because: 'two repositories that look alike in host names',
    replace: 'limits:',
    by: '  - { name: other/shop, recipe-from: base }\nlimits:',
    says: [
      'wizard.yml:22:13: repositories[1].name: "acme/shop" is called "shop" in host names too; give one of them a slug of its own, such as slug: other-shop',
    ],
  },
  {
    because: 'host names that all pull requests would share',
    replace: 'limits:',
    by: 'host-name: "{endpoint}-{repo}.{domain}"\nlimits:',
    says: [
      'wizard.yml:22:12: host-name: unknown place {repo}; known are {endpoint}, {repository}, {number}, {domain}',
      'wizard.yml:22:12: host-name: {number} is missing: all pull requests would share one host',
    ],
  },
  {
    because: 'host names that two endpoints would share',
    replace: 'app: web\n      env:\n        KEY: { secret: MAPS_KEY }',
    by: 'app: web\n        api: web\nhost-name: "{repository}-{number}.{domain}"',
    says: [
      'wizard.yml:18:7: repositories[0].recipe.endpoints: these 2 endpoints would share one host, since host-name lacks {endpoint}',
    ],
  },
  {
    because: 'a public URL of another domain',
    replace: 'limits:',
    by: 'public-url: https://*.example.org\ndomain: example.com\nlimits:',
    says: ['wizard.yml:22:13: public-url: expected the domain "example.com" after "*.", got "example.org"'],
  },
  {
    because: 'a key written twice',
    replace: 'limits:',
    by: 'domain: a\ndomain: b\nlimits:',
    says: ['wizard.yml:23:1: this is not YAML: this key is there twice'],
  },
  {
    because: 'a recipe in two places',
    replace: '    policy:',
    by: '    recipe-from: head\n    policy:',
    says: ['wizard.yml:10:18: repositories[0].recipe-from: expected either recipe or recipe-from, got both'],
  },
  {
    because: 'grants beside a recipe that needs none',
    replace: '    policy:',
    by: '    allow: { secrets: [MAPS_KEY] }\n    policy:',
    says: [
      'wizard.yml:10:5: repositories[0].allow: only goes with recipe-from: a recipe written here may use everything',
    ],
  },
  {
    because: 'a grant of something that is not there',
    replace: 'limits:',
    by: '  - { name: acme/blog, recipe-from: head, allow: { secrets: [MAP_KEY], data: [x] } }\nlimits:',
    says: [
      'wizard.yml:22:62: repositories[1].allow.secrets[0]: unknown secret "MAP_KEY"; did you mean "MAPS_KEY"?',
      'wizard.yml:22:79: repositories[1].allow.data[0]: unknown data source "x"; known here: staging',
    ],
  },
  {
    because: 'one address for two things',
    replace: 'limits:',
    by: 'listen: { api: "127.0.0.1:1", gateway: "127.0.0.1:1" }\nlimits:',
    says: ['wizard.yml:22:40: listen.gateway: 127.0.0.1:1 is the address of the API already'],
  },
  {
    because: 'a port that no machine has',
    replace: 'limits:',
    by: 'listen: { api: "127.0.0.1:65536" }\nlimits:',
    says: ['wizard.yml:22:16: listen.api: expected an address such as 127.0.0.1:4700, got "127.0.0.1:65536"'],
  },
  {
    because: 'host names that two repositories would share',
    replace: 'limits:',
    by: '  - { name: acme/blog, recipe-from: base }\nhost-name: "{endpoint}-{number}.{domain}"\nlimits:',
    says: [
      'wizard.yml:23:12: host-name: {repository} is missing: there are several repositories, whose hosts would be the same',
    ],
  },
  {
    because: 'Slack told in two ways, in half a way and in none',
    replace: 'limits:',
    by: 'announcers:\n  - { kind: slack, token: a, channel: b, webhook-url: c }\n  - { kind: slack, token: a }\n  - { kind: slack }\nlimits:',
    says: [
      'wizard.yml:23:55: announcers[0].webhook-url: expected either webhook-url, or token and channel, got both',
      'wizard.yml:24:5: announcers[1]: token needs channel beside it',
      'wizard.yml:25:5: announcers[2]: expected token and channel, or webhook-url, got neither',
    ],
  },
  {
    because: 'data from nowhere and from two places',
    replace: 'staging: { directory: d }',
    by: 'staging: { directory: d }\n  none: {}\n  two: { directory: d, dump: e }',
    says: [
      'wizard.yml:8:3: data-sources.none: expected load or one of directory, dump, mysql, postgres, s3, url, command, got none',
      'wizard.yml:9:21: data-sources.two.directory: expected either directory or dump, got both',
    ],
  },
  {
    because: 'a secret of the wrong kind, whose value is not repeated',
    replace: 'limits:',
    by: 'database: 20261123\nlimits:',
    says: [
      'wizard.yml:22:11: database: expected the URL of a PostgreSQL database, such as ${env:NAME} or ${file:PATH}, got a number',
    ],
  },
  {
    because: 'a host key that belongs to none of the hosts',
    replace: 'limits:',
    by: 'machines:\n  rack:\n    kind: ssh\n    user: root\n    ssh-key: x\n    hosts: ["10.0.0.5:22"]\n    host-keys: { 10.0.0.5: ssh-ed25519 AAAA }\nlimits:',
    says: ['wizard.yml:28:28: machines.rack.host-keys.10.0.0.5: "10.0.0.5" is not one of hosts; write it as there'],
  },
];
