import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { requestHeaders } from './request-headers.ts';
import { narrowCookie, responseHeaders } from './response-headers.ts';

const visitor = { address: '10.1.2.3', authority: 'App.example:4780', scheme: 'https' } as const;
const added = ['X-Forwarded-For', '10.1.2.3', 'X-Forwarded-Host', 'App.example:4780', 'X-Forwarded-Proto', 'https'];

describe('the headers that an application gets', () => {
  it('keeps what is end-to-end as it was spelt, in order, doubled ones too', () => {
    const sent = [
      'hOST',
      'App.example:4780',
      'Accept',
      'a',
      'accept',
      'b',
      'Authorization',
      'Basic x',
      'Cookie',
      'a=1',
    ];
    assert.deepEqual(requestHeaders(sent, visitor), { headers: [...sent, ...added], hasBody: false });
  });

  const hidden = [
    'Connection',
    'Keep-Alive',
    'Proxy-Connection',
    'Proxy-Authorization',
    'TE',
    'Trailer',
    'Transfer-Encoding',
    'Upgrade',
    'HTTP2-Settings',
    'Expect',
    'Forwarded',
    'X-Real-IP',
    'X-Forwarded-For',
    'X-Forwarded-Host',
    'X-Forwarded-Whatever',
    'Forwarded-For',
    'X-Client-IP',
    'X-Cluster-Client-IP',
    'X-Original-Forwarded-For',
    'X-Originating-IP',
    'X-Remote-IP',
    'X-Remote-Addr',
    'X-ProxyUser-IP',
    'X-Envoy-External-Address',
    'X-Azure-ClientIP',
    'X-Azure-SocketIP',
    'X-AppEngine-User-IP',
    'Client-IP',
    'True-Client-IP',
    'CF-Connecting-IP',
    'CF-Connecting-IPv6',
    'CF-Pseudo-IPv4',
    'Fastly-Client-IP',
    'Fly-Client-IP',
    'CloudFront-Viewer-Address',
    'WL-Proxy-Client-IP',
    'Proxy-Client-IP',
    'DO-Connecting-IP',
    'True_Client_IP',
    'X_Forwarded_For',
    'X-Forwarded_Proto',
    'X-Wizard-User',
    'x-wizard-revision',
  ];
  for (const name of hidden) {
    it(`hides ${name}`, () => {
      assert.deepEqual(requestHeaders([name, 'forged'], visitor).headers, added);
      assert.deepEqual(requestHeaders([name.toUpperCase(), 'forged'], visitor).headers, added);
    });
  }

  it('hides what Connection names, over several headers, but never the host or the length', () => {
    const sent = [
      'Connection',
      'close, X-One',
      'X-One',
      '1',
      'X-Two',
      '2',
      'connection',
      'x-TWO,host , content-length',
    ];
    const { headers } = requestHeaders([...sent, 'Host', 'h', 'Content-Length', '3', 'X-Three', '3'], visitor);
    assert.deepEqual(headers, ['Host', 'h', 'Content-Length', '3', 'X-Three', '3', ...added]);
  });

  it('sees a body by its length or its chunks', () => {
    assert.equal(requestHeaders(['content-length', '5'], visitor).hasBody, true);
    assert.equal(requestHeaders(['Transfer-Encoding', 'chunked'], visitor).hasBody, true);
    assert.equal(requestHeaders(['Content-Length', '0'], visitor).hasBody, false);
  });
});

describe('the headers that a visitor gets', () => {
  const ours = ['X-Wizard-Revision', 'a'.repeat(40), 'X-Robots-Tag', 'noindex, nofollow'];

  it('says the commit and keeps search engines out, whatever the application says', () => {
    const said = ['X-Robots-Tag', 'all', 'X-Wizard-Revision', 'forged', 'Alt-Svc', 'h3=":443"', 'ETag', '"1"'];
    assert.deepEqual(responseHeaders(said, 'h', 'a'.repeat(40)), ['ETag', '"1"', ...ours]);
  });

  it('hides what belongs to our own connection', () => {
    const said = ['Connection', 'keep-alive, X-Private', 'X-Private', '1', 'Keep-Alive', 'timeout=5', 'Upgrade', 'h2c'];
    assert.deepEqual(responseHeaders([...said, 'Transfer-Encoding', 'chunked', 'A', '1'], 'h', 'a'.repeat(40)), [
      'A',
      '1',
      ...ours,
    ]);
  });

  const cookies: { cookie: string; becomes: string; because: string }[] = [
    { cookie: 'a=1; Path=/; HttpOnly', becomes: 'a=1; Path=/; HttpOnly', because: 'it names no domain' },
    { cookie: 'a=1; Domain=preview.example; Path=/', becomes: 'a=1; Path=/', because: 'it reaches the neighbours' },
    { cookie: 'a=1;domain = .Preview.Example', becomes: 'a=1', because: 'it does so in disguise' },
    { cookie: 'a=1; Domain=example; DOMAIN=preview.example', becomes: 'a=1', because: 'it does so twice' },
    {
      cookie: 'a=1; Domain=.app.preview.example',
      becomes: 'a=1; Domain=.app.preview.example',
      because: 'it is its own',
    },
    { cookie: 'domain=example; Path=/', becomes: 'domain=example; Path=/', because: 'that is its name' },
  ];
  for (const { cookie, becomes, because } of cookies) {
    it(`makes '${cookie}' into '${becomes}' since ${because}`, () => {
      assert.equal(narrowCookie(cookie, 'app.preview.example'), becomes);
    });
  }
});
