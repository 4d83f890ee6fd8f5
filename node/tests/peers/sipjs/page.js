// Somebody who chats in a browser, by SIP.js: registers over WebSocket, tells the test what comes, sends what the test
// wants sent.
import { Messager, Registerer, UserAgent } from "/lib/index.js";

const tell = (what) => fetch("/told", { method: "POST", body: what });
const person = await (await fetch("/person.json")).json();

const agent = new UserAgent({
  uri: UserAgent.makeURI(person.uri),
  authorizationUsername: person.user,
  authorizationPassword: person.password,
  transportOptions: { server: person.server },
  delegate: {
    onMessage: async (message) => {
      await message.accept();
      await tell(`message from ${message.request.from.uri}: ${message.request.body}`);
    },
  },
});
const registerer = new Registerer(agent, { expires: 600 });
registerer.stateChange.addListener((state) => tell(`registerer: ${state}`));
await agent.start().catch(() => tell("not connected"));
await registerer.register({ requestDelegate: { onReject: (answer) => tell(`refused: ${answer.message.statusCode}`) } });

for (;;) {
  const { to, text } = await (await fetch("/next")).json();
  const answered = (answer) =>
    tell(`answer: ${answer.message.statusCode} ${answer.message.getHeader("X-Switchback-Price")}`);
  const messager = new Messager(agent, UserAgent.makeURI(to), text);
  await messager.message({ requestDelegate: { onAccept: answered, onReject: answered } });
}
