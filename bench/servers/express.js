// What the common tutorials show: parse the JSON, read ResultCode, pick the items, answer. Nothing is stored.
// Usage: node express.js PORT, with NODE_PATH naming the folder that holds express.
const express = require("express");

const app = express();
app.use(express.json());

app.get("/", (req, res) => res.json({ status: "ok" }));

app.post("/", (req, res) => {
  const callback = req.body.Body.stkCallback;
  if (callback.ResultCode !== 0) {
    return res.json({ ResultCode: 0, ResultDesc: "Success" });
  }
  const items = callback.CallbackMetadata.Item;
  const pick = (name) => items.find((item) => item.Name === name)?.Value;
  const payment = {
    checkout: callback.CheckoutRequestID,
    amount: pick("Amount"),
    receipt: pick("MpesaReceiptNumber"),
    date: pick("TransactionDate"),
    phone: pick("PhoneNumber"),
  };
  res.json({ ResultCode: payment.receipt ? 0 : 1, ResultDesc: "Success" });
});

app.listen(Number(process.argv[2]), "127.0.0.1");
