-- A new customer with each request, for wrk.
local count = 0
local run = tostring(os.time()) .. tostring({}):sub(8)
local body = '{"email":"%s-%d@example.com","firstName":"Alex","lastName":"Smith","country":"FR",'
  .. '"verificationDocumentId":"FV633452","residenceAddress":"Champ de Mars, 5 Av. Anatole France, 75007 Paris, France"}'

wrk.method = "POST"
wrk.headers["Content-Type"] = "application/json"
wrk.headers["api-key"] = "sandbox-api-key"

request = function()
  count = count + 1
  return wrk.format(nil, nil, nil, body:format(run, count))
end
