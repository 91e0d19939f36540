-- Drives Neovim through the whole way: open, save, see the failing test, repair it, apply, undo, apply again, save.
-- Prints one JSON object; exits with 1 and a message where something does not come in time.

local root = vim.env.PROJECT
local source_path, test_path = root .. "/shop/discount.py", root .. "/tests/test_cart.py"
local seen = { messages = {} }
local client

local function fail(what)
  io.stderr:write(what .. "\n" .. vim.inspect(seen) .. "\n")
  vim.cmd("cquit 1")
end

local function wait_for(what, condition)
  local found
  local in_time = vim.wait(150000, function()
    found = condition()
    return found ~= nil and found ~= false
  end, 50)
  if not in_time then fail("waited in vain for " .. what) end
  return found
end

vim.lsp.handlers["window/showMessage"] = function(_, result)
  table.insert(seen.messages, result.message)
end

-- What a user picks when asked whether the folder is trusted.
vim.lsp.handlers["window/showMessageRequest"] = function(_, result)
  for _, action in ipairs(result.actions) do
    if action.title == "Trust" then return action end
  end
end

vim.cmd("filetype on")
dofile(vim.env.SETUP)

local function client_of(buffer)
  for _, each in pairs((vim.lsp.get_clients or vim.lsp.get_active_clients)()) do
    if each.initialized and vim.lsp.buf_is_attached(buffer, each.id) then return each end
  end
end

local function open(path)
  vim.cmd("edit " .. path)
  return vim.api.nvim_get_current_buf()
end

local function diagnostic(buffer, matches)
  for _, each in ipairs(vim.diagnostic.get(buffer)) do
    if matches(each) then return each end
  end
end

-- Runs the code action that begins with `title` at a diagnostic, as `vim.lsp.buf.code_action` does once one is picked.
local function pick(buffer, at, title)
  local params = {
    textDocument = vim.lsp.util.make_text_document_params(buffer),
    range = { start = { line = at.lnum, character = at.col }, ["end"] = { line = at.end_lnum, character = at.end_col } },
    context = { diagnostics = {} },
  }
  local answers = vim.lsp.buf_request_sync(buffer, "textDocument/codeAction", params, 60000)
  if not (answers and answers[client.id]) then fail("no answer about " .. title) end
  for _, action in ipairs(answers[client.id].result) do
    if vim.startswith(action.title, title) then
      local done
      client.request("workspace/executeCommand", action.command, function(err, result)
        done = { err = err, result = result }
      end, buffer)
      wait_for(title, function() return done end)
      if done.err then fail(vim.inspect(done.err)) end
      return done.result
    end
  end
  fail("no code action " .. title .. " in " .. vim.inspect(answers))
end

local function text(buffer)
  return table.concat(vim.api.nvim_buf_get_lines(buffer, 0, -1, false), "\n") .. "\n"
end

local test_buffer = open(test_path)
local source_buffer = open(source_path)
client = wait_for("the server", function() return client_of(source_buffer) end)
wait_for("trust", function()
  local answer = client.request_sync("workspace/executeCommand", { command = "tercet.status", arguments = {} }, 30000, 0)
  local workspace = answer and answer.result and answer.result.workspaces[1]
  return workspace and workspace.trust == "trusted"
end)
vim.cmd("write")

local function is_error(each) return each.severity == vim.diagnostic.severity.ERROR end

local failing = wait_for("the failing test", function() return diagnostic(test_buffer, is_error) end)
wait_for("suspicious lines", function()
  return diagnostic(source_buffer, function(each) return each.code == "suspicious-line" end)
end)
pick(test_buffer, failing, "Tercet: repair this failure")
local proposal = wait_for("the proposal", function()
  return diagnostic(source_buffer, function(each) return vim.startswith(each.message, "Tercet proposes") end)
end)

seen.before = text(source_buffer)
local applied = pick(source_buffer, proposal, "Tercet: apply")
seen.applied = text(source_buffer)
local undo = { command = "tercet.undo", arguments = { { proposal = applied.proposal } } }
local undone = client.request_sync("workspace/executeCommand", undo, 30000, source_buffer)
if undone.err then fail(vim.inspect(undone.err)) end
seen.undone = text(source_buffer)

-- Once more, and save.
vim.api.nvim_set_current_buf(source_buffer)
vim.cmd("write")
failing = wait_for("the test that fails again", function() return diagnostic(test_buffer, is_error) end)
pick(test_buffer, failing, "Tercet: repair this failure")
proposal = wait_for("the second proposal", function()
  return diagnostic(source_buffer, function(each) return vim.startswith(each.message, "Tercet proposes") end)
end)
pick(source_buffer, proposal, "Tercet: apply")
vim.api.nvim_set_current_buf(source_buffer)
vim.cmd("write")

-- What is no Python is known to the same server.
local script_buffer = open(root .. "/shop/till.js")
seen["other language"] = client_of(script_buffer) == client

io.stdout:write(vim.json.encode(seen))
vim.cmd("qall!")
