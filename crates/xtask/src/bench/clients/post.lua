-- Always the same customer, for wrk; tells at the end how many were created, and in what time.
wrk.method = "POST"
wrk.headers["User-Agent"] = "kunacore/0.1.0"
wrk.headers["Accept"] = "application/json"
wrk.headers["Content-Type"] = "application/json"
wrk.headers["api-key"] = "a key of the length that keys have"
wrk.body = '{"country":"UA","email":"customer-1@example.com","externalId":"2237a6c9-dd80-4c70-aa9c-000000000001",'
  .. '"firstName":"Olena","lastName":"García","phoneNumber":"+380992991517",'
  .. '"residenceAddress":"177, Via Roma, 38231 UA","verificationDocumentId":"FV800887"}'

-- Its latencies are not told: it adds some that it did not measure.
done = function(summary)
  local errors = summary.errors
  local failed = errors.connect + errors.read + errors.write + errors.status + errors.timeout
  local tale = '{"created":%d,"failed":%d,"sending":{"seconds":%f}}'
  print(tale:format(summary.requests, failed, summary.duration / 1e6))
end
