'use strict';

module.exports = process.env.HALYARD_COMPAT === 'ws' ? require('ws-real') : require('../../../dist/index.js');
