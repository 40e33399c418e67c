// Signs in as a machine and lists its organization's files.
import { acme } from "./account.mjs";

const { data } = await acme.GET("/v1/files", { params: { query: { limit: 20 } } });
for (const file of data.data) console.log(file.id, file.size, file.name);
