// A home-made M-Pesa receiver as many sites run it: Express, one handler, written for Safaricom's callbacks.
//
// Run as `node handler.js PORTFILE SEENFILE`: serves on a free loopback port, writes the port to PORTFILE once it
// listens, and one JSON line to SEENFILE for every payment that the handler books. It ends with its standard input.
const fs = require('node:fs');
const express = require('express');

const [portFile, seenFile] = process.argv.slice(2);
const app = express();

app.use(express.json());

// The handler, as it was written years before anybody put a gateway in front of it.
app.post('/mpesa/callback', (req, res) => {
  const callback = req.body.Body.stkCallback;
  if (callback.ResultCode !== 0) {
    return res.json({ ResultCode: 0, ResultDesc: 'noted' });
  }
  const items = Object.fromEntries(callback.CallbackMetadata.Item.map((item) => [item.Name, item.Value]));
  const booked = { amount: items.Amount, receipt: items.MpesaReceiptNumber, phone: items.PhoneNumber };
  fs.appendFileSync(seenFile, JSON.stringify(booked) + '\n');
  res.json({ ResultCode: 0, ResultDesc: 'Accepted' });
});

const server = app.listen(0, '127.0.0.1', () => {
  fs.writeFileSync(portFile + '.new', String(server.address().port));
  fs.renameSync(portFile + '.new', portFile);
});
process.stdin.resume();
process.stdin.on('end', () => process.exit(0));
