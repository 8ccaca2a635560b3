// The stock graphql-ws client in a room, cut again and again while people talk: nothing is lost, nothing comes twice.
// usage: node resume.mjs CONFIG.mjs MESSAGES CUTS
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { createClient } from 'graphql-ws';
import WebSocket from 'ws';

const [config, messages, cuts] = [process.argv[2], Number(process.argv[3]), Number(process.argv[4])];
const { default: cfg } = await import(pathToFileURL(config).href);
const SEND = 'mutation ($i: SendMessageInput!) { sendMessage(input: $i) { userErrors { code } } }';
const STREAM = `subscription ($room: ID!) { roomEvents(roomId: $room) { __typename ... on StreamEvent { cursor }
  ... on MessageAdded { messageEdge { node { content } } } } }`;

const heard = [];
const closes = [];
let cursors = [];
let socket;
let connections = 0;
let cutsLeft = cuts;
const client = createClient({
  url: cfg.ws,
  webSocketImpl: WebSocket,
  // Evaluated anew for each connection: this is how a stock client says how far it has come.
  connectionParams: () => ({ ...cfg.connectionParams, cursors }),
  retryAttempts: 100,
  retryWait: () => sleep(20),
  on: {
    connected: (opened) => { socket = opened; connections++; },
    closed: (event) => closes.push(event.code),
  },
});

const done = new Promise((resolve, reject) => {
  client.subscribe({ query: STREAM, variables: { room: cfg.room } }, {
    next({ data, errors }) {
      if (errors) return reject(new Error(JSON.stringify(errors)));
      const event = data.roomEvents;
      if (event.__typename === 'StreamGap' || event.__typename === 'StreamEnded') reject(new Error(event.__typename));
      cursors = [event.cursor];
      if (event.__typename === 'StreamReady' && connections === 1) talk().catch(reject);
      if (event.__typename !== 'MessageAdded') return;
      heard.push(event.messageEdge.node.content);
      if (heard.length === messages) return resolve();
      // What has arrived behind this event in the same read is thrown away with the socket.
      if (cutsLeft > 0 && heard.length % Math.floor(messages / (cuts + 1)) === 0) { cutsLeft--; socket.terminate(); }
    },
    error: reject,
    complete: () => reject(new Error('completed')),
  });
});

async function talk() {
  for (let number = 0; number < messages; number++) {
    const body = JSON.stringify({ query: SEND, variables: { i: { roomId: cfg.room, content: `number ${number}`, clientKey: randomUUID() } } });
    const answer = await fetch(cfg.http, { method: 'POST', headers: { 'content-type': 'application/json', ...cfg.headers }, body });
    const { data, errors } = await answer.json();
    if (errors || data.sendMessage.userErrors.length) throw new Error(JSON.stringify(errors ?? data));
  }
}

await Promise.race([done, sleep(60_000).then(() => { throw new Error(`only ${heard.length} of ${messages} heard`); })]);
await sleep(300); // what would come twice, comes now
const wanted = Array.from({ length: messages }, (_, number) => `number ${number}`);
const isSame = JSON.stringify(heard) === JSON.stringify(wanted);
console.log(`resume: ${isSame ? 'PASS' : 'FAIL'}  ${heard.length} of ${messages} messages, ${connections} connections, closed with ${closes.join(' ')}`);
process.exit(isSame && connections === cuts + 1 ? 0 : 1);
