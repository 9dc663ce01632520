// ioredis: the tutorial's steps. Prints `ok NAME` or `FAILED NAME: why` a line.
'use strict';
const assert = require('assert');
const Redis = require('ioredis');

const port = Number(process.argv[2]);
const tests = {
  async 'connects and is ready'(redis) {
    assert.strictEqual(await redis.ping(), 'PONG');
    assert.strictEqual(redis.status, 'ready');
  },
  async 'strings: set, get, expiry'(redis) {
    assert.strictEqual(await redis.set('mykey', 'value'), 'OK');
    assert.strictEqual(await redis.get('mykey'), 'value');
    assert.strictEqual(await redis.set('mykey', 'other', 'NX'), null);
    assert.strictEqual(await redis.set('timed', 'v', 'EX', 100), 'OK');
    assert.ok((await redis.ttl('timed')) > 90);
    assert.strictEqual(await redis.get('missing'), null);
    assert.strictEqual(await redis.del('mykey', 'timed', 'missing'), 2);
  },
  async 'numbers'(redis) {
    assert.strictEqual(await redis.incr('n'), 1);
    assert.strictEqual(await redis.incrby('n', 41), 42);
    await redis.set('text', 'x');
    await assert.rejects(redis.incr('text'), /not an integer/);
  },
  async 'buffers'(redis) {
    const bytes = Buffer.from(Array.from({ length: 256 }, (_, i) => i));
    await redis.set('bytes', bytes);
    assert.deepStrictEqual(await redis.getBuffer('bytes'), bytes);
  },
  async 'many keys'(redis) {
    assert.strictEqual(await redis.mset({ a: '1', b: '2' }), 'OK');
    assert.deepStrictEqual(await redis.mget('a', 'missing', 'b'), ['1', null, '2']);
  },
  async 'a pipeline'(redis) {
    const replies = await redis.pipeline().set('p', '1').incr('p').get('p').exec();
    assert.deepStrictEqual(replies, [[null, 'OK'], [null, 2], [null, '2']]);
  },
  async 'a transaction'(redis) {
    assert.deepStrictEqual(await redis.multi().set('t', '1').get('t').exec(), [[null, 'OK'], [null, '1']]);
  },
  async 'collections'(redis) {
    await redis.rpush('list', 'a', 'b', 'c');
    assert.deepStrictEqual(await redis.lrange('list', 0, -1), ['a', 'b', 'c']);
    await redis.hset('hash', { f: 'v', g: 'w' });
    assert.deepStrictEqual(await redis.hgetall('hash'), { f: 'v', g: 'w' });
    await redis.sadd('set', 'x', 'y');
    assert.deepStrictEqual((await redis.smembers('set')).sort(), ['x', 'y']);
    await redis.zadd('zset', 1, 'one', 2, 'two');
    assert.deepStrictEqual(await redis.zrange('zset', 0, -1, 'WITHSCORES'), ['one', '1', 'two', '2']);
  },
  async 'scanning with a stream'(redis) {
    const found = new Set();
    for await (const keys of redis.scanStream({ count: 3 })) keys.forEach((key) => found.add(key));
    assert.strictEqual(found.size, await redis.dbsize());
  },
  async 'publish and subscribe'(redis) {
    const subscriber = new Redis({ port });
    const message = new Promise((resolve) => subscriber.on('message', (channel, text) => resolve([channel, text])));
    await subscriber.subscribe('channel');
    await redis.publish('channel', 'hello');
    assert.deepStrictEqual(await message, ['channel', 'hello']);
    subscriber.disconnect();
  },
  async 'patterns, and buffers as messages'(redis) {
    const subscriber = new Redis({ port });
    const text = new Promise((resolve) => subscriber.on('pmessage', (...all) => resolve(all)));
    const bytes = new Promise((resolve) => subscriber.on('messageBuffer', (channel, data) => resolve(data)));
    assert.strictEqual(await subscriber.psubscribe('pat?ern'), 1);
    assert.strictEqual(await subscriber.subscribe('raw'), 2);
    await assert.rejects(subscriber.get('key'), /subscriber mode/);
    await redis.publish('pattern', 'hello');
    await redis.publish('raw', Buffer.from([0, 255, 13, 10]));
    assert.deepStrictEqual(await text, ['pat?ern', 'pattern', 'hello']);
    assert.deepStrictEqual(await bytes, Buffer.from([0, 255, 13, 10]));
    assert.strictEqual(await subscriber.unsubscribe('raw'), 1);
    assert.strictEqual(await subscriber.punsubscribe(), 0);
    assert.strictEqual(await subscriber.get('missing'), null);
    subscriber.disconnect();
  },
  async 'a pipeline with an error in it'(redis) {
    await redis.set('foo', 'bar');
    const replies = await redis.pipeline().incr('foo').get('foo').exec();
    assert.match(replies[0][0].message, /not an integer/);
    assert.deepStrictEqual(replies[1], [null, 'bar']);
  },
  async 'a transaction without a pipeline'(redis) {
    redis.multi({ pipeline: false });
    redis.set('foo', 'baz');
    redis.get('foo');
    assert.deepStrictEqual(await redis.exec(), [[null, 'OK'], [null, 'baz']]);
  },
  async 'a transaction that is refused'(redis) {
    await assert.rejects(redis.multi().set('foo').set('foo', 'new value').exec(), /EXECABORT/);
    assert.strictEqual(await redis.get('foo'), 'baz');
  },
  async 'WATCH'(redis) {
    const other = new Redis({ port });
    await redis.watch('foo');
    await other.set('foo', 'changed');
    assert.strictEqual(await redis.multi().set('foo', 'mine').exec(), null);
    await redis.watch('foo');
    assert.deepStrictEqual(await redis.multi().set('foo', 'mine').exec(), [[null, 'OK']]);
    other.disconnect();
  },
  async 'tracking with a second connection'(redis) {
    const told = new Redis({ port });
    const cache = new Map();
    const forgotten = new Promise((resolve) => told.on('message', (channel, key) => {
      cache.delete(String(key));
      resolve(channel);
    }));
    const number = await told.client('ID');
    await told.subscribe('__redis__:invalidate');
    assert.strictEqual(await redis.client('TRACKING', 'ON', 'REDIRECT', number), 'OK');
    await redis.set('cached', '1');
    cache.set('cached', await redis.get('cached'));
    const writer = new Redis({ port });
    await writer.set('cached', '2');
    assert.strictEqual(await forgotten, '__redis__:invalidate');
    assert.ok(!cache.has('cached'));
    assert.strictEqual(await redis.client('TRACKING', 'OFF'), 'OK');
    told.disconnect();
    writer.disconnect();
  },
  async 'MONITOR'(redis) {
    const monitor = await redis.monitor();
    const seen = new Promise((resolve) => monitor.on('monitor', (time, args) => {
      if (args[0] === 'set') resolve(args);
    }));
    await redis.set('watched', 'closely');
    assert.deepStrictEqual(await seen, ['set', 'watched', 'closely']);
    monitor.disconnect();
  },
  async 'events of keys'(redis) {
    await redis.config('SET', 'notify-keyspace-events', 'Ex');
    const subscriber = new Redis({ port });
    const expired = new Promise((resolve) => subscriber.on('message', (channel, key) => resolve([channel, key])));
    await subscriber.subscribe('__keyevent@0__:expired');
    await redis.set('brief', '1', 'PX', 20);
    assert.deepStrictEqual(await expired, ['__keyevent@0__:expired', 'brief']);
    await redis.config('SET', 'notify-keyspace-events', '');
    subscriber.disconnect();
  },
};

(async () => {
  const redis = new Redis({ port, lazyConnect: true, retryStrategy: null, maxRetriesPerRequest: 1 });
  await redis.connect();
  await redis.flushall();
  for (const [name, test] of Object.entries(tests)) {
    try {
      await test(redis);
      console.log(`ok ${name}`);
    } catch (error) {
      console.log(`FAILED ${name}: ${error.message}`);
    }
  }
  redis.disconnect();
})().catch((error) => {
  console.log(`FAILED connecting: ${error.message}`);
}).finally(() => process.exit());
